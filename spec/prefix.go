package spec

import (
	"fmt"
	"strings"

	"cdk.tf/go/ingest/internal/datepattern"
	"cdk.tf/go/ingest/internal/objectname"
)

// parsedPrefix is a Firehose prefix: text and expressions of the form !{namespace:value}.
type parsedPrefix struct {
	// fixed is the text before the first expression.
	fixed string
	// literals counts the characters outside expressions.
	literals    int
	expressions []expression
	// shape is the prefix with what is known of the value of each expression.
	shape string
	// stray reports whether a "!{" opens no expression.
	stray bool
}

// expression is a part of a prefix with a namespace.
type expression objectname.PrefixPart

// parsePrefix never fails: it marks what it cannot read as stray.
func parsePrefix(text string) parsedPrefix {
	parsed := parsedPrefix{fixed: objectname.FixedPrefix(text)}
	for _, part := range objectname.SplitPrefix(text) {
		switch {
		case part.Namespace != "":
			parsed.expressions = append(parsed.expressions, expression(part))
			parsed.shape += expression(part).shape()
			continue
		case part.Stray:
			parsed.stray = true
		default:
			parsed.shape += part.Text
		}
		parsed.literals += len(part.Text)
	}
	return parsed
}

func (p parsedPrefix) hasTimestamp() bool { return len(p.timestamps()) > 0 }

// timestamps are the patterns of the dates.
func (p parsedPrefix) timestamps() []string {
	var patterns []string
	for _, e := range p.expressions {
		if e.Namespace == objectname.TimestampNamespace {
			patterns = append(patterns, e.Value)
		}
	}
	return patterns
}

// remedy returns an empty text for an expression that the field may hold.
func (e expression) remedy(field string) string {
	switch e.Namespace {
	case objectname.TimestampNamespace:
		return timestampRemedy(e.Value)
	case objectname.FirehoseNamespace:
		return firehoseRemedy(e.Value, field)
	case objectname.QueryNamespace:
		if field == errorPrefixField {
			return "leave it out: Firehose accepts it only in the prefix of delivered objects"
		}
		return "leave it out, and set Delivery.PartitionBy, which adds it"
	case objectname.LambdaNamespace:
		return "leave it out: it needs a Lambda function, which this pipeline does not have"
	}
	return "use the namespace timestamp or firehose"
}

func firehoseRemedy(value, field string) string {
	switch {
	case value == objectname.RandomString, value == objectname.ErrorOutputType && field == errorPrefixField:
		return ""
	case value == objectname.ErrorOutputType:
		return "move it to " + errorPrefixField + ": Firehose accepts it only there"
	case field == errorPrefixField:
		return "use !{firehose:error-output-type} or !{firehose:random-string}"
	}
	return "use !{firehose:random-string}"
}

// reservedSymbols mean something else to Java's DateTimeFormatter, or nothing yet. An expression holds no braces.
const reservedSymbols = "#[]"

// timestampRemedy checks the pattern of a Java DateTimeFormatter. Text in single quotes is literal.
func timestampRemedy(pattern string) string {
	if pattern == "" {
		return "give it a pattern, such as !{timestamp:yyyy/MM/dd/HH}"
	}
	parts := strings.Split(pattern, "'")
	if len(parts)%2 == 0 {
		return "close the single quote"
	}
	for i := 0; i < len(parts); i += 2 {
		if at := strings.IndexAny(parts[i], datepattern.Refused+reservedSymbols); at >= 0 {
			return fmt.Sprintf("put %q between single quotes: Firehose knows no such part of a date", parts[i][at:at+1])
		}
		if run := unrepeated(parts[i]); run != "" {
			return fmt.Sprintf("repeat %q less often: Java's DateTimeFormatter refuses %q", run[:1], run)
		}
	}
	return ""
}

// unrepeated returns the first run of a letter that Java refuses for its length; empty if there is none.
func unrepeated(part string) string {
	for part != "" {
		run := datepattern.Run(part)
		if !datepattern.Repeats(part[0], run) {
			return part[:run]
		}
		part = part[run:]
	}
	return ""
}

const (
	// errorOutputTypeLength is from the developer guide, "Custom prefixes". The longest error type that AWS documents is that of another
	// destination, so it is an upper bound for S3.
	errorOutputTypeLength = len("AmazonOpenSearchService-failed")
	// offsetLength is the longest offset from UTC (Java 8's documentation of DateTimeFormatter, letters O, X, x and Z).
	offsetLength = len("GMT+09:00")
	// nameLength is the longest name of a day or a month: "Wednesday", "September".
	nameLength = 9
)

// evaluatedLength returns an estimate of the longest text that the prefix evaluates to.
func (p parsedPrefix) evaluatedLength(field string) int {
	length := p.literals
	for _, e := range p.expressions {
		switch {
		case e.Namespace == objectname.TimestampNamespace:
			length += timestampLength(e.Value)
		case e.Namespace == objectname.QueryNamespace:
			length++ // at least: the value is known only when an event comes
		case e.Value == objectname.RandomString:
			length += objectname.RandomLength
		default:
			length += errorOutputTypeLength
		}
	}
	if field == prefixField && !p.hasTimestamp() {
		length += parsePrefix(objectname.Appended).evaluatedLength(field)
	}
	return length
}

func timestampLength(pattern string) int {
	length := 0
	for i, part := range strings.Split(pattern, "'") {
		if i%2 == 1 {
			length += max(len(part), 1) // two quotes in a row are one quote character
			continue
		}
		for part != "" {
			run := datepattern.Run(part)
			length += runLength(part[0], run)
			part = part[run:]
		}
	}
	return length
}

// runLength returns the evaluated length of a run of the same letter. A number has as many digits as letters, and at least two.
// A year has at least four, unless it has two letters. Four letters of a month or a day are its name.
func runLength(letter byte, run int) int {
	switch {
	case strings.IndexByte("OXxZ", letter) >= 0:
		return max(run, offsetLength)
	case !datepattern.IsLetter(letter), run == 2:
		return run
	case strings.IndexByte("uyY", letter) >= 0:
		return max(run, 4)
	case strings.IndexByte("LMEce", letter) >= 0 && run >= 4:
		return max(run, nameLength)
	}
	return max(run, 2)
}
