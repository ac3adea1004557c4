// Package instant reads a time from a query's parameter.
package instant

import (
	"strconv"
	"strings"
	"time"
)

// Parse reads a time of RFC 3339, or milliseconds since 1970. A "+" in a query is a space, and nobody means that in a time.
func Parse(value string) (at time.Time, ok bool) {
	if ms, err := strconv.ParseInt(value, 10, 64); err == nil {
		return time.UnixMilli(ms), true
	}
	at, err := time.Parse(time.RFC3339, strings.Replace(value, " ", "+", 1))
	return at, err == nil
}
