package browse

import (
	"encoding/base64"
	"encoding/json"
)

// encodeCursor makes a text of a place to continue from, which holds strings and numbers alone.
func encodeCursor(place any) string {
	text, _ := json.Marshal(place)
	return base64.RawURLEncoding.EncodeToString(text)
}

// decodeCursor reports whether a text is one of encodeCursor's.
func decodeCursor(text string, place any) bool {
	data, err := base64.RawURLEncoding.DecodeString(text)
	return err == nil && json.Unmarshal(data, place) == nil
}

// checkOrder refuses a cursor of the other order than the request's.
func checkOrder(cursor, request bool) error {
	if cursor == request {
		return nil
	}
	return wrongf("cursor is of the other order; use order=%s with it", map[bool]string{true: "oldest", false: "newest"}[cursor])
}
