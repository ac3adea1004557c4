package spec

import (
	"fmt"
	"regexp"
	"strings"

	"cdk.tf/go/ingest/internal/datepattern"
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
	// stray reports whether a "!{" opens no expression. Firehose allows "!{" nowhere else.
	stray bool
}

// expression is one !{namespace:value}.
type expression struct{ text, namespace, value string }

var expressionPattern = regexp.MustCompile(`^!\{([A-Za-z]+):([^{}]*)\}`)

// parsePrefix never fails: it marks what it cannot read as stray.
func parsePrefix(text string) parsedPrefix {
	var parsed parsedPrefix
	parsed.fixed, _, _ = strings.Cut(text, "!{")
	for {
		at := strings.Index(text, "!{")
		if at < 0 {
			parsed.literals += len(text)
			parsed.shape += text
			return parsed
		}
		parsed.literals += at
		parsed.shape += text[:at]
		text = text[at:]
		parts := expressionPattern.FindStringSubmatch(text)
		if parts == nil {
			parsed.stray = true
			parts = []string{"!{"}
			parsed.literals += len(parts[0])
		} else {
			found := expression{parts[0], parts[1], parts[2]}
			parsed.expressions = append(parsed.expressions, found)
			parsed.shape += found.shape()
		}
		text = text[len(parts[0]):]
	}
}

func (p parsedPrefix) hasTimestamp() bool { return len(p.timestamps()) > 0 }

// timestamps are the patterns of the dates.
func (p parsedPrefix) timestamps() []string {
	var patterns []string
	for _, e := range p.expressions {
		if e.namespace == timestampNamespace {
			patterns = append(patterns, e.value)
		}
	}
	return patterns
}

const (
	timestampNamespace = "timestamp"
	queryNamespace     = "partitionKeyFromQuery"
	firehoseNamespace  = "firehose"
	randomString       = "random-string"
	errorOutputType    = "error-output-type"
)

// remedy returns an empty text for an expression that the field may hold.
func (e expression) remedy(field string) string {
	switch e.namespace {
	case timestampNamespace:
		return timestampRemedy(e.value)
	case firehoseNamespace:
		return firehoseRemedy(e.value, field)
	case queryNamespace:
		if field == errorPrefixField {
			return "leave it out: Firehose accepts it only in the prefix of delivered objects"
		}
		return "leave it out, and set Delivery.PartitionBy, which adds it"
	case "partitionKeyFromLambda":
		return "leave it out: it needs a Lambda function, which this pipeline does not have"
	}
	return "use the namespace timestamp or firehose"
}

func firehoseRemedy(value, field string) string {
	switch {
	case value == randomString, value == errorOutputType && field == errorPrefixField:
		return ""
	case value == errorOutputType:
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
		run := leadingRun(part)
		if !datepattern.Repeats(part[0], run) {
			return part[:run]
		}
		part = part[run:]
	}
	return ""
}

const (
	// randomStringLength and errorOutputTypeLength are from the developer guide, "Custom prefixes". The longest error type that
	// AWS documents is that of another destination, so it is an upper bound for S3.
	randomStringLength    = 11
	errorOutputTypeLength = len("AmazonOpenSearchService-failed")
	// appended is what Firehose adds to a prefix (not to an error prefix) without a timestamp.
	appended = "yyyy/MM/dd/HH/"
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
		case e.namespace == timestampNamespace:
			length += timestampLength(e.value)
		case e.namespace == queryNamespace:
			length++ // at least: the value is known only when an event comes
		case e.value == randomString:
			length += randomStringLength
		default:
			length += errorOutputTypeLength
		}
	}
	if field == prefixField && !p.hasTimestamp() {
		length += len(appended)
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
			run := leadingRun(part)
			length += runLength(part[0], run)
			part = part[run:]
		}
	}
	return length
}

// leadingRun counts the bytes at the beginning that equal the first one, whatever byte that is.
func leadingRun(text string) int {
	run := 1
	for run < len(text) && text[run] == text[0] {
		run++
	}
	return run
}

// runLength returns the evaluated length of a run of the same letter. A number has as many digits as letters, and at least two.
// A year has at least four, unless it has two letters. Four letters of a month or a day are its name.
func runLength(letter byte, run int) int {
	switch {
	case strings.IndexByte("OXxZ", letter) >= 0:
		return max(run, offsetLength)
	case !isLetter(letter), run == 2:
		return run
	case strings.IndexByte("uyY", letter) >= 0:
		return max(run, 4)
	case strings.IndexByte("LMEce", letter) >= 0 && run >= 4:
		return max(run, nameLength)
	}
	return max(run, 2)
}

func isLetter(c byte) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }
