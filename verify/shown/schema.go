package shown

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// schema is what the probes read of an event's schema.
type schema struct {
	Type                 any      `json:"type"`
	Required             []string `json:"required"`
	MinProperties        int      `json:"minProperties"`
	AdditionalProperties any      `json:"additionalProperties"`
	// known says that no keyword is there of which the probes know no message.
	known bool
}

func (p Pipeline) schema() schema {
	var s schema
	var keywords map[string]any
	if json.Unmarshal([]byte(p.Schema), &s) != nil || json.Unmarshal([]byte(p.Schema), &keywords) != nil {
		return schema{}
	}
	s.known = true
	for keyword := range keywords {
		s.known = s.known && slices.Contains([]string{
			"$schema", "additionalProperties", "definitions", "description", "id", "minProperties", "properties", "required", "title", "type",
		}, keyword)
	}
	return s
}

// takesObjects reports whether the schema refuses every value that is no object, and says why in words that are known.
func takesObjects(p Pipeline) bool {
	s := p.schema()
	return s.known && s.Type == "object"
}

// refusesEmpty reports whether the schema refuses the empty object in words that are known.
func refusesEmpty(p Pipeline) bool { return takesObjects(p) && p.schema().emptyReason() != "" }

// open reports whether an event may have a field that the schema does not name.
func open(p Pipeline) bool {
	s := p.schema()
	return s.known && s.Type == "object" && (s.AdditionalProperties == nil || s.AdditionalProperties == true)
}

// wrongType is what the library of assumption API-9 says of a value that is no object.
func wrongType(kind string) string {
	return fmt.Sprintf(`[instance type (%s) does not match any allowed primitive type (allowed: ["object"])]`, kind)
}

// emptyReason is what the library says of {}: the keywords by name, and the properties by name. It is "" where the schema allows {}.
func (s schema) emptyReason() string {
	var says []string
	if s.MinProperties > 0 {
		says = append(says, fmt.Sprintf("object has too few properties (found 0 but schema requires at least %d)", s.MinProperties))
	}
	if len(s.Required) > 0 {
		names := slices.Sorted(slices.Values(s.Required))
		for i := range names {
			names[i] = fmt.Sprintf("%q", names[i])
		}
		says = append(says, fmt.Sprintf("object has missing required properties ([%s])", strings.Join(names, ",")))
	}
	if len(says) == 0 {
		return ""
	}
	return "[" + strings.Join(says, ", ") + "]"
}
