// Package answers writes the answers of the paths that only a pipeline on one machine has: /_local/… and /config.json.
package answers

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"cdk.tf/go/ingest/internal/nearest"
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

// Parameters reads a query string. Each of its parameters must be one of the known, and be there once.
func Parameters(query string, known ...string) (url.Values, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, fmt.Errorf("the query is %q; write it as name=value&name=value, and escape other characters (%w)", query, err)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		switch {
		case len(known) == 0:
			return nil, fmt.Errorf("the query is %q; leave it out, this path has no parameters", query)
		case !slices.Contains(known, name):
			return nil, fmt.Errorf("there is no parameter %s; %s", name, nearest.Remedy(name, known))
		case len(values[name]) > 1:
			return nil, fmt.Errorf("%s is given %d times; give it once", name, len(values[name]))
		}
	}
	return values, nil
}

// WithoutParameters is a handler that refuses a query string with parameters.
func WithoutParameters(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, err := Parameters(r.URL.RawQuery); err != nil {
			Refuse(w, http.StatusBadRequest, err)
			return
		}
		next(w, r)
	}
}
