package spec

import (
	"regexp"
	"slices"
	"strings"

	"cdk.tf/go/ingest/internal/objectname"
)

// dotSegmentRemedy says what is wrong with "." and ".." between the slashes of a key. S3 answers 400 to a request for a key that climbs
// above the bucket (floci-io/floci#1320). Clients resolve such a path before they send it, and then ask for another object, or sign one
// path and send another (aws/aws-sdk-go#970, aws/aws-sdk-net#3164). The local S3 stores objects as files, and refuses them all.
const dotSegmentRemedy = `use no "." and ".." as a folder: S3 refuses keys above the bucket, and HTTP clients resolve such paths, so that they ask for another object`

// hasDotSegment reports whether one of the segments that "/" separates is "." or "..".
func hasDotSegment(key string) bool { return slices.ContainsFunc(strings.Split(key, "/"), isDots) }

func isDots(segment string) bool { return segment == "." || segment == ".." }

// hasDotFolder reports whether a folder of the evaluated prefix is "." or "..". What follows the last "/" is no folder: it begins the name
// that Firehose gives the object.
func (p parsedPrefix) hasDotFolder() bool {
	folders := strings.Split(p.shape, "/")
	return slices.ContainsFunc(folders[:len(folders)-1], isDots)
}

// valueShape stands for a part of a prefix whose value is known only to Firehose, and is never a dot or a slash.
const valueShape = "x"

// dateLetters are the parts of a date in a pattern.
var dateLetters = regexp.MustCompile(`[A-Za-z]+`)

// shape is what is known of the expression's value: the literal characters of a date's pattern, such as "/" and ".".
func (e expression) shape() string {
	if e.Namespace != objectname.TimestampNamespace {
		return valueShape
	}
	parts := strings.Split(e.Value, "'")
	for i, part := range parts {
		switch {
		case part == "" && i > 0 && i < len(parts)-1:
			parts[i] = "'" // two quotes in a row are one quote character
		case i%2 == 0:
			parts[i] = dateLetters.ReplaceAllString(part, valueShape)
		}
	}
	return strings.Join(parts, "")
}
