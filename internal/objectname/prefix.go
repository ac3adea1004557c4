package objectname

import (
	"regexp"
	"strings"
)

// The namespaces of the expressions in a prefix, and the values of Firehose's own (developer guide, "Understand custom prefixes for Amazon
// S3 objects").
const (
	TimestampNamespace = "timestamp"
	FirehoseNamespace  = "firehose"
	QueryNamespace     = "partitionKeyFromQuery"
	LambdaNamespace    = "partitionKeyFromLambda"

	RandomString    = "random-string"
	ErrorOutputType = "error-output-type"
	// RandomLength is the number of characters of a random string.
	RandomLength = 11
)

// Appended is what Firehose adds to a prefix without expressions, directly and without "/" before it. It adds nothing to an error prefix.
const Appended = "!{timestamp:yyyy/MM/dd/HH/}"

const opening = "!{"

// FixedPrefix is a prefix up to its first expression.
func FixedPrefix(prefix string) string {
	fixed, _, _ := strings.Cut(prefix, opening)
	return fixed
}

// FixedFolder is the folder below which all objects of a prefix are, with its "/"; "" for the whole bucket.
func FixedFolder(prefix string) string {
	fixed := FixedPrefix(prefix)
	return fixed[:strings.LastIndex(fixed, "/")+1]
}

// PrefixPart is a part of a prefix: an expression !{namespace:value}, or other text.
type PrefixPart struct {
	// Text is the part as it is written.
	Text string
	// Namespace and Value are an expression's. Other text has no namespace.
	Namespace, Value string
	// Stray is true for a "!{" that opens no expression. Firehose allows "!{" nowhere else.
	Stray bool
}

var expression = regexp.MustCompile(`^!\{([A-Za-z]+):([^{}]*)\}`)

// SplitPrefix separates the expressions of a prefix from other text. The parts' texts together are the prefix.
func SplitPrefix(prefix string) []PrefixPart {
	var parts []PrefixPart
	for prefix != "" {
		part := PrefixPart{}
		at := strings.Index(prefix, opening)
		found := expression.FindStringSubmatch(prefix)
		switch {
		case at < 0:
			part.Text = prefix
		case at > 0:
			part.Text = prefix[:at]
		case found == nil:
			part.Text, part.Stray = opening, true
		default:
			part.Text, part.Namespace, part.Value = found[0], found[1], found[2]
		}
		parts, prefix = append(parts, part), prefix[len(part.Text):]
	}
	return parts
}
