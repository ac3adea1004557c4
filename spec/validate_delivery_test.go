package spec

import (
	"strings"
	"testing"
	"time"
)

func prefixed(prefix string) func(e *Environment) {
	return func(e *Environment) { e.Delivery.Prefix = prefix }
}

func errorPrefixed(prefix string) func(e *Environment) {
	return func(e *Environment) { e.Delivery.ErrorPrefix = prefix }
}

func TestBufferRefused(t *testing.T) {
	interval := func(d time.Duration) func(e *Environment) {
		return func(e *Environment) { e.Delivery.BufferInterval = d }
	}
	size := func(mib int) func(e *Environment) { return func(e *Environment) { e.Delivery.BufferMiB = mib } }
	testRefusals(t, []refusal{
		{"901 s", interval(901 * time.Second), []string{`Delivery.BufferInterval is 15m1s; use whole seconds, 0 to 900`}},
		{"negative", interval(-time.Second), []string{`Delivery.BufferInterval is -1s; use whole seconds, 0 to 900`}},
		{"part of a second", interval(time.Second / 2), []string{`Delivery.BufferInterval is 500ms; use whole seconds, 0 to 900`}},
		{"0 MiB", size(0), []string{`Delivery.BufferMiB is 0; use 1 to 128`}},
		{"129 MiB", size(129), []string{`Delivery.BufferMiB is 129; use 1 to 128`}},
		{"compression", func(e *Environment) { e.Delivery.Compression = "HADOOP_SNAPPY" },
			[]string{`Delivery.Compression is "HADOOP_SNAPPY"; use "UNCOMPRESSED", "GZIP", "ZIP" or "Snappy"`}},
	})
	testAcceptances(t, []acceptance{
		{"0 s", interval(0)},
		{"900 s", interval(900 * time.Second)},
		{"1 MiB", size(1)},
		{"128 MiB", size(128)},
		{"GZIP", func(e *Environment) { e.Delivery.Compression = GZIP }},
		{"ZIP", func(e *Environment) { e.Delivery.Compression = ZIP }},
		{"Snappy", func(e *Environment) { e.Delivery.Compression = Snappy }},
	})
}

func TestDotFolders(t *testing.T) {
	const errorType = "/!{firehose:error-output-type}/"
	row := func(field, text string, change func(e *Environment)) refusal {
		return refusal{text, change, []string{field + " " + is(text) + "; " + dotSegmentRemedy}}
	}
	var rows []refusal
	for _, bad := range []string{
		"../../events/", "./events/", "events/../", "events/./!{timestamp:yyyy}/", "events/a/..//b", "events/!{timestamp:yyyy/'..'/MM}/",
		"events/.!{timestamp:'.'}/!{timestamp:yyyy}/", "events/!{timestamp:yyyy/./MM}/", "events/!{timestamp:'../'}",
	} {
		rows = append(rows, row("Delivery.Prefix", bad, prefixed(bad)))
	}
	for _, bad := range []string{"../../x" + errorType, "x/.." + errorType, "errors" + errorType + "./"} {
		rows = append(rows, row("Delivery.ErrorPrefix", bad, errorPrefixed(bad)))
	}
	for _, bad := range []string{"../x", "a/../b", "a/..", "."} {
		rows = append(rows, row("State.S3.Key", bad, inS3(func(s *S3State) { s.Key = bad })))
	}
	for _, bad := range []string{"s3://trust/../store.pem", "s3://trust/a/."} {
		rows = append(rows, row("API.Domain.MutualTLS.TruststoreURI", bad, mutual(func(d *Domain) { d.MutualTLS.TruststoreURI = bad })))
	}
	testRefusals(t, rows)
	var good []acceptance
	for _, prefix := range []string{
		"...events/", ".../", ".events/", "..a/", "a../", "events/.", "events/..", "events/!{timestamp:yyyy.MM.dd}/", "events/.!{timestamp:yyyy}./",
		"events/!{timestamp:yyyy}/..", "events/!{timestamp:'.''.'}/",
	} {
		good = append(good, acceptance{prefix, prefixed(prefix)})
	}
	testAcceptances(t, append(good, acceptance{"a state", inS3(func(s *S3State) { s.Key = "..a/.b/..." })}))
}

func TestPrefixTextRefused(t *testing.T) {
	const (
		folder    = `; begin with a folder, such as "events/": the delivery role may write below that only`
		ascii     = `; use printable ASCII characters only`
		terraform = ` out: Terraform would evaluate it as an expression`
		wildcard  = ` out: it would be a wildcard in the delivery role's policy`
	)
	testRefusals(t, []refusal{
		{"empty", prefixed(""), []string{`Delivery.Prefix is ""; begin with a folder, such as "events/"`}},
		{"empty error prefix", errorPrefixed(""), []string{`Delivery.ErrorPrefix is ""; begin with a folder, such as "events/"`}},
		{"1,025 characters", prefixed("events/!{timestamp:'" + strings.Repeat("x", 1003) + "'}"), []string{
			`Delivery.Prefix is 1025 characters long; use at most 1024`,
			`Delivery.Prefix is up to 1010 characters long once evaluated; use at most 512`,
		}},
		{"line break", prefixed("events/\n"), []string{`Delivery.Prefix is "events/\n"` + ascii}},
		{"delete", prefixed("events/\x7f"), []string{`Delivery.Prefix is "events/\x7f"` + ascii}},
		{"letter out of ASCII", prefixed("événements/"), []string{`Delivery.Prefix is "événements/"` + ascii}},
		{"no UTF-8", prefixed("events/\xff"), []string{`Delivery.Prefix is "events/\xff"` + ascii}},
		{"star", prefixed("events/*/"), []string{`Delivery.Prefix is "events/*/"; leave "*"` + wildcard}},
		{"question mark", prefixed("events?/"), []string{`Delivery.Prefix is "events?/"; leave "?"` + wildcard}},
		{"Terraform's expression", prefixed("events/${x}/"), []string{`Delivery.Prefix is "events/${x}/"; leave "${"` + terraform}},
		{"Terraform's directive", prefixed("events/%{x}/"), []string{`Delivery.Prefix is "events/%{x}/"; leave "%{"` + terraform}},
		{"slash", prefixed("/events/"), []string{`Delivery.Prefix is "/events/"; leave the first "/" out: it would make a folder without a name`}},
		{"no folder", prefixed("!{timestamp:yyyy}/"), []string{`Delivery.Prefix is "!{timestamp:yyyy}/"` + folder}},
		{"no folder for errors", errorPrefixed("!{firehose:error-output-type}/"),
			[]string{`Delivery.ErrorPrefix is "!{firehose:error-output-type}/"` + folder}},
	})
}

func TestPrefixExpressionsRefused(t *testing.T) {
	often := func(letter, run string) string {
		return `; repeat "` + letter + `" less often: Java's DateTimeFormatter refuses "` + run + `"`
	}
	const (
		stray     = `holds "!{" that opens no expression; write !{namespace:value}, or leave it out`
		query     = `; leave it out, and set Delivery.PartitionBy, which adds it`
		lambda    = `; leave it out: it needs a Lambda function, which this pipeline does not have`
		namespace = `; use the namespace timestamp or firehose`
		unknown   = ` between single quotes: Firehose knows no such part of a date`
	)
	testRefusals(t, []refusal{
		{"not closed", prefixed("events/!{timestamp:yyyy"), []string{`Delivery.Prefix ` + stray}},
		{"no namespace", prefixed("events/!{yyyy}"), []string{`Delivery.Prefix ` + stray}},
		{"nothing", prefixed("events/!{}"), []string{`Delivery.Prefix ` + stray}},
		{"one within another", prefixed("events/!{timestamp:!{timestamp:yyyy}}"), []string{`Delivery.Prefix ` + stray}},
		{"not closed for errors", errorPrefixed("errors/!{firehose:error-output-type"), []string{`Delivery.ErrorPrefix ` + stray}},
		{"query", prefixed("events/!{partitionKeyFromQuery:user}/"),
			[]string{`Delivery.Prefix holds "!{partitionKeyFromQuery:user}"` + query}},
		{"query among errors", errorPrefixed("errors/!{partitionKeyFromQuery:user}/!{firehose:error-output-type}/"),
			[]string{`Delivery.ErrorPrefix holds "!{partitionKeyFromQuery:user}"; leave it out: Firehose accepts it only in the prefix of delivered objects`}},
		{"lambda", prefixed("events/!{partitionKeyFromLambda:user}/"),
			[]string{`Delivery.Prefix holds "!{partitionKeyFromLambda:user}"` + lambda}},
		{"unknown namespace", prefixed("events/!{date:yyyy}/"), []string{`Delivery.Prefix holds "!{date:yyyy}"` + namespace}},
		{"namespace in upper case", prefixed("events/!{Timestamp:yyyy}/"), []string{`Delivery.Prefix holds "!{Timestamp:yyyy}"` + namespace}},
		{"type of error among events", prefixed("events/!{firehose:error-output-type}/"), []string{
			`Delivery.Prefix holds "!{firehose:error-output-type}"; move it to Delivery.ErrorPrefix: Firehose accepts it only there`}},
		{"unknown value", prefixed("events/!{firehose:random}/"),
			[]string{`Delivery.Prefix holds "!{firehose:random}"; use !{firehose:random-string}`}},
		{"unknown value for errors", errorPrefixed("errors/!{firehose:random}/"), []string{
			`Delivery.ErrorPrefix holds "!{firehose:random}"; use !{firehose:error-output-type} or !{firehose:random-string}`}},
		{"empty pattern", prefixed("events/!{timestamp:}/"),
			[]string{`Delivery.Prefix holds "!{timestamp:}"; give it a pattern, such as !{timestamp:yyyy/MM/dd/HH}`}},
		{"open quote", prefixed("events/!{timestamp:'year='yyyy'/}"),
			[]string{`Delivery.Prefix holds "!{timestamp:'year='yyyy'/}"; close the single quote`}},
		{"unknown letter", prefixed("events/!{timestamp:yyyyTHH}/"),
			[]string{`Delivery.Prefix holds "!{timestamp:yyyyTHH}"; put "T"` + unknown}},
		{"reserved symbol", prefixed("events/!{timestamp:yyyy[MM]}/"),
			[]string{`Delivery.Prefix holds "!{timestamp:yyyy[MM]}"; put "["` + unknown}},
		{"a letter too often", prefixed("events/!{timestamp:yyyy/MM/ddd}/"),
			[]string{`Delivery.Prefix holds "!{timestamp:yyyy/MM/ddd}"` + often("d", "ddd")}},
		{"a letter too often among errors", errorPrefixed("errors/!{firehose:error-output-type}/!{timestamp:yyyy'HHH'HHH}/"),
			[]string{`Delivery.ErrorPrefix holds "!{timestamp:yyyy'HHH'HHH}"` + often("H", "HHH")}},
		{"a number of letters without a meaning", prefixed("events/!{timestamp:yyyyOO}/"),
			[]string{`Delivery.Prefix holds "!{timestamp:yyyyOO}"` + often("O", "OO")}},
		{"several", prefixed("events/!{a:b}!{timestamp:}!{"), []string{
			`Delivery.Prefix ` + stray,
			`Delivery.Prefix holds "!{a:b}"` + namespace,
			`Delivery.Prefix holds "!{timestamp:}"; give it a pattern, such as !{timestamp:yyyy/MM/dd/HH}`,
		}},
		{"no timestamp", prefixed("events/!{firehose:random-string}/"),
			[]string{`Delivery.Prefix holds expressions but no timestamp; add one, such as !{timestamp:yyyy/MM/dd/HH}`}},
		{"no type of error", errorPrefixed("errors/!{timestamp:yyyy}/"),
			[]string{`Delivery.ErrorPrefix holds no !{firehose:error-output-type}; add it: Firehose requires it`}},
		{"no expression for errors", errorPrefixed("errors/"),
			[]string{`Delivery.ErrorPrefix holds no !{firehose:error-output-type}; add it: Firehose requires it`}},
	})
}

func TestTimestampLetters(t *testing.T) {
	const refused = "CIJPRTUVbfijloprt"
	for _, letters := range []string{"abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"} {
		for _, letter := range letters {
			want := ""
			if strings.ContainsRune(refused, letter) {
				want = `put "` + string(letter) + `" between single quotes: Firehose knows no such part of a date`
			}
			if got := timestampRemedy(string(letter)); got != want {
				t.Errorf("%c: got %q, want %q", letter, got, want)
			}
		}
	}
	if got := timestampRemedy("'" + refused + "#[]'"); got != "" {
		t.Errorf("literal: got %q", got)
	}
}

func TestPrefixLength(t *testing.T) {
	// "events/" takes 7 of the characters.
	text := func(length int) string { return "events/" + strings.Repeat("x", length-7) }
	const tooLong = ` is up to 513 characters long once evaluated; use at most 512`
	testRefusals(t, []refusal{
		{"date appended", prefixed(text(512 - 14 + 1)), []string{`Delivery.Prefix` + tooLong}},
		{"year", prefixed(text(512-4+1) + "!{timestamp:yyyy}"), []string{`Delivery.Prefix` + tooLong}},
		{"month's name", prefixed(text(512-9+1) + "!{timestamp:MMMM}"), []string{`Delivery.Prefix` + tooLong}},
		{"random string", prefixed(text(512-4-11+1) + "!{timestamp:yyyy}!{firehose:random-string}"), []string{`Delivery.Prefix` + tooLong}},
		{"type of error", errorPrefixed("errors" + strings.Repeat("x", 512-6-30+1) + "!{firehose:error-output-type}"),
			[]string{`Delivery.ErrorPrefix` + tooLong}},
	})
	testAcceptances(t, []acceptance{
		{"date appended", prefixed(text(512 - 14))},
		{"year", prefixed(text(512-4) + "!{timestamp:yyyy}")},
		{"month's name", prefixed(text(512-9) + "!{timestamp:MMMM}")},
		{"random string", prefixed(text(512-4-11) + "!{timestamp:yyyy}!{firehose:random-string}")},
		{"type of error", errorPrefixed("errors" + strings.Repeat("x", 512-6-30) + "!{firehose:error-output-type}")},
		{"1,024 characters as written", prefixed("events/" + strings.Repeat("!{timestamp:yyyy}", 59) + "xxxxxxxxxxxxxx")},
	})
}

func TestTimestampLength(t *testing.T) {
	for pattern, want := range map[string]int{
		"yyyy":                       4,
		"yy":                         2,
		"y":                          4,
		"uuuuu":                      5,
		"MM":                         2,
		"M":                          2,
		"MMM":                        3,
		"MMMM":                       9,
		"EEEE":                       9,
		"SSS":                        3,
		"yyyy/MM/dd/HH":              13,
		"'year='yyyy'/month='MM":     18,
		"XXX":                        9,
		"yyyy Z":                     14,
		"''":                         1,
		"yyyy-MM-dd'T'HH":            13,
		"---":                        3,
		"'year='yyyy'/hour='HH'end'": 20,
	} {
		if got := timestampLength(pattern); got != want {
			t.Errorf("%s: got %d, want %d", pattern, got, want)
		}
	}
}

func TestOverlappingPrefixesRefused(t *testing.T) {
	const remedy = `; make sure that neither begins with the other: Firehose would write errors among the events`
	both := func(events, errors string) func(e *Environment) {
		return func(e *Environment) {
			e.Delivery.Prefix, e.Delivery.ErrorPrefix = events+"!{timestamp:yyyy}/", errors+"!{firehose:error-output-type}/"
		}
	}
	testRefusals(t, []refusal{
		{"same", both("data/", "data/"), []string{`Delivery.ErrorPrefix begins with "data/" and Delivery.Prefix with "data/"` + remedy}},
		{"errors within", both("data/", "data/errors/"),
			[]string{`Delivery.ErrorPrefix begins with "data/errors/" and Delivery.Prefix with "data/"` + remedy}},
		{"events within", both("data/events/", "data/"),
			[]string{`Delivery.ErrorPrefix begins with "data/" and Delivery.Prefix with "data/events/"` + remedy}},
		{"same beginning", both("events", "events-failed/"),
			[]string{`Delivery.ErrorPrefix begins with "events-failed/" and Delivery.Prefix with "events"` + remedy}},
	})
	testAcceptances(t, []acceptance{
		{"side by side", both("data/events/", "data/errors/")},
		{"alike", both("events/", "events-failed/")},
	})
}

func TestObjectNamesRefused(t *testing.T) {
	zoned := func(zone string) func(e *Environment) { return func(e *Environment) { e.Delivery.TimeZone = zone } }
	ended := func(extension string) func(e *Environment) {
		return func(e *Environment) { e.Delivery.FileExtension = extension }
	}
	const (
		zone      = `; use "UTC" or a time zone that Firehose lists, such as `
		extension = `; use "." and then 1 to 127 of 0-9, a-z and ! - _ . * ' ( ), or leave it empty`
	)
	testRefusals(t, []refusal{
		{"no zone", zoned(""), []string{`Delivery.TimeZone is ""` + zone + `"Asia/Tokyo"`}},
		{"an abbreviation", zoned("EST"), []string{`Delivery.TimeZone is "EST"` + zone + `"Asia/Tokyo"`}},
		{"a new name", zoned("Asia/Kolkata"), []string{`Delivery.TimeZone is "Asia/Kolkata"` + zone + `"Asia/Tokyo"`}},
		{"a slip", zoned("Europe/Berln"), []string{`Delivery.TimeZone is "Europe/Berln"` + zone + `"Europe/Berlin"`}},
		{"a zone that Firehose's API refuses", zoned("America/Port-au-Prince"),
			[]string{`Delivery.TimeZone is "America/Port-au-Prince"; use "UTC" or another of the time zones that Firehose lists: its list has this one, and its API takes no "-"`}},
		{"the machine's", zoned("Local"), []string{`Delivery.TimeZone is "Local"` + zone + `"Asia/Tokyo"`}},
		{"no dot", ended("json"), []string{`Delivery.FileExtension is "json"` + extension}},
		{"a dot alone", ended("."), []string{`Delivery.FileExtension is "."` + extension}},
		{"upper case", ended(".JSON"), []string{`Delivery.FileExtension is ".JSON"` + extension}},
		{"a folder", ended("./json"), []string{`Delivery.FileExtension is "./json"` + extension}},
		{"129 characters", ended("." + strings.Repeat("a", 128)), []string{`Delivery.FileExtension is ".` + strings.Repeat("a", 128) + `"` + extension}},
	})
	testAcceptances(t, []acceptance{
		{"a zone", zoned("America/St_Johns")},
		{"a replaced name", zoned("Asia/Calcutta")},
		{"an extension", ended(".json")},
		{"every sign", ended(".a9!-_.*'()")},
		{"128 characters", ended("." + strings.Repeat("a", 127))},
	})
}

func TestPrefixAccepted(t *testing.T) {
	testAcceptances(t, []acceptance{
		{"no expressions", prefixed("events/")},
		{"no folder's end", prefixed("events-")},
		{"literal", prefixed("events/!{timestamp:'year='yyyy'/month='MM}/")},
		{"random string", prefixed("events/!{firehose:random-string}/!{timestamp:yyyy/MM/dd}/")},
		{"random string for errors", errorPrefixed("errors/!{firehose:random-string}/!{firehose:error-output-type}/")},
		{"every other sign", prefixed("events/ !\"#$%&'()+,-.:;<=>@[\\]^_`{|}~/")},
	})
}

// FuzzPrefix checks that no text makes the parser panic, that it loses nothing of what it reads, and that every
// problem stays on one line.
func FuzzPrefix(f *testing.F) {
	for _, seed := range []string{
		"", "events/", "!{", "!{}", "!{timestamp:yyyy}", "a!{!{timestamp:'}b", "!{firehose:random-string}!{a:b", "é\n!{timestamp:\xff}",
		"events/!{timestamp:\u0308}", // its first byte is no character
		Default("x").Delivery.Prefix, Default("x").Delivery.ErrorPrefix,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed := parsePrefix(text)
		length := parsed.literals
		for _, e := range parsed.expressions {
			length += len(e.Text)
		}
		if length != len(text) || !strings.HasPrefix(text, parsed.fixed) {
			t.Errorf("%q is read as %+v", text, parsed)
		}
		p := &problems{environment: "dev"}
		p.delivery(Delivery{Prefix: text, ErrorPrefix: text})
		for _, err := range p.found {
			if strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("%q makes the problem %q", text, err)
			}
		}
	})
}
