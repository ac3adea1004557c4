package firehose

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"cdk.tf/go/ingest/internal/datepattern"
	"cdk.tf/go/ingest/internal/objectname"
	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/local/s3"
)

// Assumption FH-2: Firehose appends !{timestamp:yyyy/MM/dd/HH/} to a prefix without any expression, directly and without "/"
// before it (developer guide, "Understand custom prefixes for Amazon S3 objects", semantic rules; keys seen on AWS in
// floci-io/floci#1857), unless it has a partition's key: the guide's prefixes with keys have no timestamp ("Use Amazon S3 bucket
// prefix to deliver data"). All timestamps of an object are the arrival of the oldest record in it (same page), in UTC or in
// custom_time_zone.

// prefix is a parsed prefix.
type prefix []prefixPart

// prefixPart is text, a date, a random string, the value of a partition's key, or the type of an error.
type prefixPart struct {
	literal   string
	date      dateTime
	random    bool
	key       string
	errorType bool
}

// expression is a part of a prefix with a namespace.
type expression objectname.PrefixPart

// splitPrefix separates text from expressions. It calls each with one of the two, the other empty.
func splitPrefix(text string, each func(literal string, e expression) error) error {
	for _, part := range objectname.SplitPrefix(text) {
		var err error
		switch {
		case part.Stray:
			return errors.New(`holds "!{" that opens no expression; write !{namespace:value}, or leave it out`)
		case part.Namespace == "":
			err = each(part.Text, expression{})
		default:
			err = each("", expression(part))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// parsePrefix parses the prefix of events. Its errors say what to write instead.
func parsePrefix(text string, zone *time.Location) (prefix, error) {
	if err := checkText(text); err != nil {
		return nil, err
	}
	expressions, fixed := 0, true
	var parsed prefix
	err := splitPrefix(text, func(literal string, e expression) error {
		if literal != "" {
			parsed = append(parsed, prefixPart{literal: literal})
			return nil
		}
		part, err := e.parse(zone)
		expressions++
		fixed = fixed && part.date == nil && part.key == ""
		parsed = append(parsed, part)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case expressions == 0:
		return parsePrefix(text+objectname.Appended, zone)
	case fixed:
		// The guide says that Firehose appends a timestamp. On AWS it did not (floci-io/floci#1857).
		return nil, errors.New("holds expressions but no timestamp, which AWS's documentation and AWS itself treat differently; add one, such as !{timestamp:yyyy/MM/dd/HH}")
	}
	return parsed, parsed.checkLength(zone)
}

func checkText(text string) error {
	switch {
	case len(text) > quota.MaxPrefix:
		return fmt.Errorf("is %d characters long; use at most %d", len(text), quota.MaxPrefix)
	case !printable(text):
		return errors.New("holds a character that is not printable ASCII; leave it out")
	}
	return nil
}

func (e expression) parse(zone *time.Location) (prefixPart, error) {
	switch {
	case e.Namespace == objectname.TimestampNamespace:
		date, err := parseDateTime(e.Value, zone)
		if err != nil {
			return prefixPart{}, fmt.Errorf("holds %q, whose pattern %w", e.Text, err)
		}
		return prefixPart{date: date}, nil
	case e.Namespace == objectname.FirehoseNamespace && e.Value == objectname.RandomString:
		return prefixPart{random: true}, nil
	case e.Namespace == objectname.FirehoseNamespace && e.Value == objectname.ErrorOutputType:
		return prefixPart{}, fmt.Errorf("holds %q; move it to error_output_prefix: Firehose accepts it only there", e.Text)
	case e.Namespace == objectname.QueryNamespace && e.Value != "":
		return prefixPart{key: e.Value}, nil
	case e.Namespace == objectname.LambdaNamespace:
		return prefixPart{}, fmt.Errorf("holds %q, which needs a Lambda function: that is not imitated on one machine", e.Text)
	}
	return prefixPart{}, fmt.Errorf("holds %q; use the namespace timestamp, or !{firehose:random-string}", e.Text)
}

// parseErrorPrefix parses the prefix of failed records. needed is true if the prefix of events holds expressions.
func parseErrorPrefix(text string, zone *time.Location, needed bool) (prefix, error) {
	if text == "" {
		if needed {
			return nil, errors.New("is missing; Firehose requires it if prefix holds expressions")
		}
		return nil, nil
	}
	if err := checkText(text); err != nil {
		return nil, err
	}
	expressions, hasType := 0, false
	var parsed prefix
	err := splitPrefix(text, func(literal string, e expression) error {
		if literal != "" {
			parsed = append(parsed, prefixPart{literal: literal})
			return nil
		}
		expressions++
		if e.Namespace == objectname.FirehoseNamespace && e.Value == objectname.ErrorOutputType {
			hasType = true
			parsed = append(parsed, prefixPart{errorType: true})
			return nil
		}
		part, err := e.parse(zone)
		if part.key != "" {
			return fmt.Errorf("holds %q; leave it out: Firehose accepts it only in prefix", e.Text)
		}
		parsed = append(parsed, part)
		return err
	})
	if err == nil && expressions > 0 && !hasType {
		return nil, errors.New("holds expressions but no !{firehose:error-output-type}; add it: Firehose requires it")
	}
	return parsed, err
}

// unmeant returns sentences about parts of the two prefixes that Firehose accepts and that are probably mistakes.
func (s extendedS3) unmeant() []string {
	events, eventDates := fixedAndDates(s.Prefix)
	failed, failedDates := fixedAndDates(s.ErrorOutputPrefix)
	var found []string
	for _, said := range datepattern.Unmeant(eventDates) {
		found = append(found, "prefix holds "+said)
	}
	for _, said := range datepattern.Unmeant(failedDates) {
		found = append(found, "error_output_prefix holds "+said)
	}
	// The developer guide's semantic rules do not mention this.
	if events != "" && failed != "" && (strings.HasPrefix(events, failed) || strings.HasPrefix(failed, events)) {
		found = append(found, fmt.Sprintf("error_output_prefix begins with %q and prefix with %q, so that Firehose on AWS writes failed records among the events; make sure that neither begins with the other",
			failed, events))
	}
	return found
}

// misnamed returns a sentence if the extension of the objects contradicts their compression.
func (c Config) misnamed() []string {
	fault, remedy := objectname.Mismatch(c.Compression, c.FileExtension)
	if fault == "" {
		return nil
	}
	return []string{"file_extension " + fault + "; " + remedy}
}

// fixedAndDates returns the text before a prefix's first expression, and the patterns of its timestamps. The prefix must be
// valid.
func fixedAndDates(text string) (fixed string, dates []string) {
	_ = splitPrefix(text, func(_ string, e expression) error {
		if e.Namespace == objectname.TimestampNamespace {
			dates = append(dates, e.Value)
		}
		return nil
	})
	return objectname.FixedPrefix(text), dates
}

// longest returns instants at one of which a prefix is longest: they have the months and the weekday with the longest names,
// and two digits wherever possible. One has daylight saving time and one does not, because their offsets may differ in length.
func longest(zone *time.Location) []time.Time {
	return []time.Time{
		time.Date(2025, time.September, 17, 10, 10, 10, 0, zone),
		time.Date(2025, time.November, 26, 10, 10, 10, 0, zone),
	}
}

func (p prefix) checkLength(zone *time.Location) error {
	for _, at := range longest(zone) {
		text, err := p.evaluate(at, zeros{}, place{values: p.samples()})
		if err != nil {
			return err
		}
		if len(text) > quota.MaxEvaluatedPrefix {
			return fmt.Errorf("is up to %d characters long once evaluated; use at most %d", len(text), quota.MaxEvaluatedPrefix)
		}
	}
	return nil
}

// checkKeys refuses a prefix whose keys cannot be files, because not every S3 key is a valid path. Whether a part of a key is
// empty or "." does not depend on the instant, because no date or random string is empty or holds "." or "/". Its length does.
// A partition's value is known only when a record comes: see DeliveryStream.partitionOf.
func (c Config) checkKeys(p prefix) error {
	for _, at := range longest(c.zone()) {
		key, err := c.keyOf(p, at, zeros{}, place{values: p.samples()})
		if err != nil {
			return err
		}
		if err := s3.CheckKey(key); err != nil {
			return fmt.Errorf("is %q, with which no object can be a file here: the key %q %w; use another prefix", c.Prefix, key, err)
		}
	}
	return nil
}

// zeros is a source of zeros instead of random bytes.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// place is what distinguishes the objects of one delivery stream: the values of a partition's keys, or the type of an error.
type place struct {
	values    map[string]string
	errorType string
}

// samples are values of the keys, for a key as an object could have it.
func (p prefix) samples() map[string]string {
	values := map[string]string{}
	for _, part := range p {
		if part.key != "" {
			values[part.key] = "x"
		}
	}
	return values
}

// evaluate returns the prefix of one object. Each random string is new, and all dates are of the same instant (developer guide,
// as above).
func (p prefix) evaluate(at time.Time, random io.Reader, to place) (string, error) {
	var b strings.Builder
	for _, part := range p {
		switch {
		case part.random:
			text, err := randomText(random)
			if err != nil {
				return "", err
			}
			b.WriteString(text)
		case part.date != nil:
			b.WriteString(part.date.format(at))
		case part.key != "":
			b.WriteString(to.values[part.key])
		case part.errorType:
			b.WriteString(to.errorType)
		default:
			b.WriteString(part.literal)
		}
	}
	return b.String(), nil
}

const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func randomText(random io.Reader) (string, error) {
	text := make([]byte, objectname.RandomLength)
	for i := range text {
		n, err := rand.Int(random, big.NewInt(int64(len(alphanumeric))))
		if err != nil {
			return "", fmt.Errorf("no randomness for an object's name: %w", err)
		}
		text[i] = alphanumeric[n.Int64()]
	}
	return string(text), nil
}

// Assumption FH-3: Firehose names an object PREFIX + NAME-VERSION-yyyy-MM-dd-HH-mm-ss-UUID + EXTENSION, where NAME is the
// delivery stream's (developer guide, "Configure Amazon S3 object name format"). The version begins with 1 and grows with each
// change of the delivery stream. Here it is always 1. The guide does not say which instant the name shows. Here it is the
// prefix's, so a name and its folder agree.
const version = 1

// keyOf returns the key of an object whose oldest record arrived at the instant.
func (c Config) keyOf(p prefix, oldest time.Time, random io.Reader, to place) (string, error) {
	oldest = oldest.In(c.zone())
	folder, err := p.evaluate(oldest, random, to)
	if err != nil {
		return "", err
	}
	id, err := uuid.NewRandomFromReader(random)
	if err != nil {
		return "", fmt.Errorf("no randomness for an object's name: %w", err)
	}
	extension := c.extension()
	if to.errorType != "" {
		extension = "" // see FH-15
	}
	return fmt.Sprintf("%s%s-%d-%s-%s%s", folder, c.Name, version, oldest.Format("2006-01-02-15-04-05"), id, extension), nil
}

// KeyPrefixes returns the beginnings of the keys of objects whose oldest record arrived between two times. A key's beginning ends before a random text or the value of a partition's key. zone is that of the prefix's dates;
// the steps are seconds.
func KeyPrefixes(text string, zone *time.Location, from, to time.Time) ([]string, error) {
	parsed, err := parsePrefix(text, zone)
	if err != nil {
		return nil, fmt.Errorf("the prefix %q %w", text, err)
	}
	if end := slices.IndexFunc(parsed, func(part prefixPart) bool { return part.random || part.key != "" }); end >= 0 {
		parsed = parsed[:end]
	}
	var found []string
	for at := from.Truncate(time.Second); !at.After(to); at = at.Add(time.Second) {
		begins, err := parsed.evaluate(at.In(zone), zeros{}, place{})
		if err != nil {
			return nil, err
		}
		if len(found) == 0 || found[len(found)-1] != begins {
			found = append(found, begins)
		}
	}
	return found, nil
}
