// Package answers writes the answers of the paths that only a pipeline on one machine has: /_local/… and /config.json.
package answers

import (
	"encoding/json"
	"net/http"
)

// JSON answers with a value, which no cache may keep. A value that cannot be encoded leaves the body empty.
func JSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) // the client may have gone
}

// Refuse answers with an error as {"message": TEXT}.
func Refuse(w http.ResponseWriter, status int, err error) {
	JSON(w, status, map[string]string{"message": err.Error()})
}
