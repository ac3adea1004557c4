// Package bucketname has the rules for the names of general purpose buckets (S3 user guide, "General purpose bucket naming rules").
package bucketname

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	pattern  = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	address  = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$`)
	prefixes = []string{"xn--", "sthree-", "amzn-s3-demo-"}
	suffixes = []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3", RegionalSuffix}
)

// RegionalSuffix ends the names in an account's own namespace. S3 accepts it with a request header that version 5 of
// Terraform's AWS provider does not send. So an existing bucket may have it, and a bucket that a stack makes may not.
const RegionalSuffix = "-an"

// Valid reports whether a name has the characters and the length of a bucket's, and is not an IP address.
func Valid(name string) bool {
	return pattern.MatchString(name) && !strings.Contains(name, "..") && !address.MatchString(name)
}

// Remedy says what to do about a name that S3 gives to no new bucket. It is empty for a name that S3 gives.
func Remedy(name string) string {
	prefix, suffix := ReservedPrefix(name), ReservedSuffix(name)
	switch {
	case !Valid(name):
		return `use 3 to 63 of a-z, 0-9, "-" and ".", beginning and ending with a letter or a digit, without "..", and not an IP address`
	case prefix != "":
		return fmt.Sprintf("use another: S3 reserves names that begin with %q", prefix)
	case suffix != "":
		return fmt.Sprintf("use another: S3 reserves names that end with %q", suffix)
	}
	return ""
}

// ReservedPrefix returns the prefix of the name that S3 reserves, or nothing.
func ReservedPrefix(name string) string {
	return first(prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// ReservedSuffix returns the suffix of the name that S3 reserves, or nothing.
func ReservedSuffix(name string) string {
	return first(suffixes, func(suffix string) bool { return strings.HasSuffix(name, suffix) })
}

func first(parts []string, is func(string) bool) string {
	if i := slices.IndexFunc(parts, is); i >= 0 {
		return parts[i]
	}
	return ""
}
