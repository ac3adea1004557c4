package draft4

import (
	"net/netip"
	"regexp"
	"strings"
	"unicode"
)

// Characters of the parts of a URI, besides those that are not ASCII and %XX (java.net.URI).
const (
	unreserved  = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()"
	inAuthority = unreserved + "$,;:@&=+"
	inPath      = inAuthority + "/"
	inQuery     = inPath + "?[]"
)

var (
	scheme  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*$`)
	escaped = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
	address = regexp.MustCompile(`^(?:(.*)@)?\[([0-9A-Fa-f:.]+)\](?::\d*)?$`)
)

// IsURI reports whether a text is a URI or a relative reference, as java.net.URI takes it.
func IsURI(text string) bool {
	rest, fragment, _ := strings.Cut(text, "#")
	if !has(inQuery, fragment) {
		return false
	}
	if colon := strings.IndexAny(rest, ":/?"); colon >= 0 && rest[colon] == ':' {
		if !scheme.MatchString(rest[:colon]) {
			return false
		}
		if rest = rest[colon+1:]; !strings.HasPrefix(rest, "/") {
			return rest != "" && has(inQuery, rest)
		}
	}
	path, query, _ := strings.Cut(rest, "?")
	if after, ok := strings.CutPrefix(path, "//"); ok {
		slash := strings.IndexByte(after+"/", '/')
		if rest == "//" || !isAuthority(after[:slash]) {
			return false
		}
		path = after[slash:]
	}
	return has(inPath, path) && has(inQuery, query)
}

func isAuthority(text string) bool {
	if parts := address.FindStringSubmatch(text); parts != nil {
		_, err := netip.ParseAddr(parts[2])
		return err == nil && has(inAuthority, parts[1])
	}
	return has(inAuthority, text)
}

// has reports whether a part of a URI has only these characters, %XX, and characters that are not ASCII.
func has(allowed, part string) bool {
	for _, c := range escaped.ReplaceAllString(part, "") {
		if c < unicode.MaxASCII && !strings.ContainsRune(allowed, c) || unicode.IsControl(c) || unicode.In(c, unicode.Z) {
			return false
		}
	}
	return true
}
