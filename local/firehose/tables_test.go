package firehose

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"encoding/binary"
	"io"
	"math/rand"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/snappy/xerial"

	"cdk.tf/go/ingest/internal/datepattern"
)

func TestDateTime(t *testing.T) {
	utc := time.Date(2026, time.March, 7, 15, 4, 5, 678_000_000, time.UTC)
	tokyo := load(t, "Asia/Tokyo")
	india := load(t, "Asia/Calcutta")
	newYork := load(t, "America/New_York")
	for _, test := range []struct {
		pattern string
		at      time.Time
		want    string
	}{
		{"yyyy/MM/dd/HH/", utc, "2026/03/07/15/"},
		{"yyyy-MM-dd'T'HH:mm:ss", utc, "2026-03-07T15:04:05"},
		{"y yy yyy yyyyy u uu", utc, "2026 26 2026 02026 2026 26"},
		{"M MM MMM MMMM MMMMM L LLLL", utc, "3 03 Mar March M 3 March"},
		{"d dd D DD DDD", utc, "7 07 66 66 066"},
		{"E EE EEE EEEE EEEEE", utc, "Sat Sat Sat Saturday S"},
		{"e ee eee eeee c ccc", utc, "7 07 Sat Saturday 7 Sat"},
		{"Q QQ QQQ QQQQ q", utc, "1 01 Q1 1st quarter 1"},
		{"G GGGG GGGGG", utc, "AD Anno Domini A"},
		{"h hh K KK k kk H a", utc, "3 03 3 03 15 15 15 PM"},
		{"h K k H a", utc.Add(9 * time.Hour), "12 0 24 0 AM"},
		{"m s S SSS SSSSSSSSS n", utc, "4 5 0 000 000000000 0"},
		{"A N", utc, "54245000 54245000000000"},
		{"YYYY w ww W", utc, "2026 10 10 1"},
		{"YYYY-ww", time.Date(2025, time.December, 28, 0, 0, 0, 0, time.UTC), "2026-01"},
		{"YYYY-ww", time.Date(2025, time.December, 27, 0, 0, 0, 0, time.UTC), "2025-52"},
		{"YYYY-ww-W", time.Date(2027, time.January, 2, 0, 0, 0, 0, time.UTC), "2027-01-1"},
		{"X XX XXX x xx xxx Z ZZZZ ZZZZZ O OOOO z", utc, "Z Z Z +00 +0000 +00:00 +0000 GMT Z GMT GMT UTC"},
		{"HH X XXX x Z ZZZZ O OOOO", utc.In(tokyo), "00 +09 +09:00 +09 +0900 GMT+09:00 GMT+9 GMT+09:00"},
		{"X O", utc.In(india), "+0530 GMT+5:30"},
		{"HH XXX", utc.In(newYork), "10 -05:00"},
		{"''yyyy''", utc, "'2026'"},
		{"'it''s' yyyy", utc, "it's 2026"},
		{"'hour='HH", utc, "hour=15"},
		{"yyyy=é", utc, "2026=é"},
	} {
		parsed, err := parseDateTime(test.pattern, test.at.Location())
		if err != nil {
			t.Errorf("%s: %v", test.pattern, err)
			continue
		}
		if got := parsed.format(test.at); got != test.want {
			t.Errorf("%s: %q, want %q", test.pattern, got, test.want)
		}
	}
}

func load(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestDateTimeRefuses(t *testing.T) {
	for pattern, want := range map[string]string{
		"":       `is empty; give it one, such as !{timestamp:yyyy/MM/dd/HH}`,
		"yyyy'T": `holds a single quote that is not closed; close it`,
		"[yyyy]": `holds '[', which Java reserves; put it between single quotes`,
		"year":   `holds "r"; put it between single quotes: it is not a date field that Firehose knows`,
		"VV":     `holds "VV"; put it between single quotes: it is not a date field that Firehose knows`,
		"B":      `holds "B", which is not imitated on one machine; use letters whose text is a number, such as yyyy, MM, dd, HH`,
		"zzzz":   `holds "zzzz", which is not imitated on one machine; use letters whose text is a number, such as yyyy, MM, dd, HH`,
		"ddd":    `holds "ddd", which Java refuses; repeat the letter less often`,
		"aa":     `holds "aa", which Java refuses; repeat the letter less often`,
		"cc":     `holds "cc", which Java refuses; repeat the letter less often`,
		"OO":     `holds "OO", which Java refuses; repeat the letter less often`,
	} {
		if _, err := parseDateTime(pattern, time.UTC); err == nil || err.Error() != want {
			t.Errorf("%q: %v\nwant: %s", pattern, err, want)
		}
	}
}

func TestEveryLetterIsDecided(t *testing.T) {
	for c := byte('A'); c <= 'z'; c++ {
		if !datepattern.IsLetter(c) {
			continue
		}
		decided := strings.IndexByte(datepattern.Refused+unimitated, c) >= 0
		if known := datepattern.Known(c); known == decided {
			t.Errorf("%c: imitated %t, refused %t; want one of them", c, known, decided)
		}
	}
}

func TestPrefix(t *testing.T) {
	at := time.Date(2026, time.March, 7, 15, 4, 5, 0, time.UTC)
	for _, test := range []struct{ text, zone, want string }{
		{"", "UTC", "2026/03/07/15/"},
		{"events/", "UTC", "events/2026/03/07/15/"},
		{"legacy", "UTC", "legacy2026/03/07/15/"},
		{"events/", "Asia/Tokyo", "events/2026/03/08/00/"},
		{"a/year=!{timestamp:yyyy}/hour=!{timestamp:HH}/", "UTC", "a/year=2026/hour=15/"},
		{"!{firehose:random-string}/!{timestamp:yyyy}-", "UTC", "00000000000/2026-"},
		{"a{b}!c/", "UTC", "a{b}!c/2026/03/07/15/"},
		{"u=!{partitionKeyFromQuery:user}/!{timestamp:yyyy}/", "UTC", "u=a/b/2026/"},
		{"u=!{partitionKeyFromQuery:user}/", "UTC", "u=a/b/"},
	} {
		zone := load(t, test.zone)
		parsed, err := parsePrefix(test.text, zone)
		if err != nil {
			t.Errorf("%q: %v", test.text, err)
			continue
		}
		if got, err := parsed.evaluate(at.In(zone), zeros{}, place{values: map[string]string{"user": "a/b"}}); err != nil || got != test.want {
			t.Errorf("%q: %q, error %v; want %q", test.text, got, err, test.want)
		}
	}
}

func TestPrefixRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"a/!{":                      `holds "!{" that opens no expression; write !{namespace:value}, or leave it out`,
		"a/!{timestamp}":            `holds "!{" that opens no expression; write !{namespace:value}, or leave it out`,
		"a/!{timestamp:}":           `holds "!{timestamp:}", whose pattern is empty; give it one, such as !{timestamp:yyyy/MM/dd/HH}`,
		"a/!{timestamp:yyyyT}":      `holds "!{timestamp:yyyyT}", whose pattern holds "T"; put it between single quotes: it is not a date field that Firehose knows`,
		"!{firehose:random-string}": `holds expressions but no timestamp, which AWS's documentation and AWS itself treat differently; add one, such as !{timestamp:yyyy/MM/dd/HH}`,
		"!{timestamp:yyyy}/!{firehose:error-output-type}": `holds "!{firehose:error-output-type}"; move it to error_output_prefix: Firehose accepts it only there`,
		"!{partitionKeyFromQuery:}":                       `holds "!{partitionKeyFromQuery:}"; use the namespace timestamp, or !{firehose:random-string}`,
		"!{partitionKeyFromLambda:user}":                  `holds "!{partitionKeyFromLambda:user}", which needs a Lambda function: that is not imitated on one machine`,
		"!{timestamp:yyyy}/!{other:x}":                    `holds "!{other:x}"; use the namespace timestamp, or !{firehose:random-string}`,
		"a\n":                                             `holds a character that is not printable ASCII; leave it out`,
		strings.Repeat("a", 1025):                         `is 1025 characters long; use at most 1024`,
		strings.Repeat("a", 500):                          `is up to 514 characters long once evaluated; use at most 512`,
	} {
		if _, err := parsePrefix(text, time.UTC); err == nil || err.Error() != want {
			t.Errorf("%q: %v\nwant: %s", text, err, want)
		}
	}
}

func TestErrorPrefix(t *testing.T) {
	for _, test := range []struct {
		text        string
		expressions bool
		want        string
	}{
		{"", false, ""},
		{"errors/", true, ""},
		{"errors/!{firehose:error-output-type}/!{timestamp:yyyy}/!{firehose:random-string}", true, ""},
		{"", true, "is missing; Firehose requires it if prefix holds expressions"},
		{"errors/!{timestamp:yyyy}/", false, "holds expressions but no !{firehose:error-output-type}; add it: Firehose requires it"},
		{"errors/!{partitionKeyFromQuery:user}/", false, `holds "!{partitionKeyFromQuery:user}"; leave it out: Firehose accepts it only in prefix`},
		{"errors/!{x}", false, `holds "!{" that opens no expression; write !{namespace:value}, or leave it out`},
		{"é", false, "holds a character that is not printable ASCII; leave it out"},
	} {
		got := ""
		if _, err := parseErrorPrefix(test.text, time.UTC, test.expressions); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%q: %s\nwant: %s", test.text, got, test.want)
		}
	}
}

// A prefix whose keys cannot be names of files is refused at the start, even if only some instants give such a key.
func TestPrefixesThatNoFileCanHave(t *testing.T) {
	const (
		key   = "delivery-1-2025-09-17-10-10-10-00000000-0000-4000-8000-000000000000"
		empty = `begins or ends with "/" or holds "//"; use another prefix`
		dots  = `has "." or ".." for a segment; use another prefix`
	)
	september := strings.Repeat("a", 175) + "September"
	for _, test := range []struct{ prefix, zone, want string }{
		{"events/", "UTC", ""},
		{"a../.b/...", "UTC", ""},
		{"/", "UTC", `is "/", with which no object can be a file here: the key "/2025/09/17/10/` + key + `" ` + empty},
		{"a//", "UTC", `is "a//", with which no object can be a file here: the key "a//2025/09/17/10/` + key + `" ` + empty},
		{"a/!{timestamp:yyyy//MM}/", "UTC", `is "a/!{timestamp:yyyy//MM}/", with which no object can be a file here: the key "a/2025//09/` + key + `" ` + empty},
		{"a/!{timestamp:/yyyy}/", "UTC", `is "a/!{timestamp:/yyyy}/", with which no object can be a file here: the key "a//2025/` + key + `" ` + empty},
		{"../!{timestamp:yyyy}/", "UTC", `is "../!{timestamp:yyyy}/", with which no object can be a file here: the key "../2025/` + key + `" ` + dots},
		{"a/./!{timestamp:yyyy}/", "UTC", `is "a/./!{timestamp:yyyy}/", with which no object can be a file here: the key "a/./2025/` + key + `" ` + dots},
		{"a/!{timestamp:'..'}/", "UTC", `is "a/!{timestamp:'..'}/", with which no object can be a file here: the key "a/../` + key + `" ` + dots},
		// The name has 67 characters, so that 188 may stand before it.
		{strings.Repeat("a", 179) + "!{timestamp:MMMM}", "UTC", ""},
		{strings.Repeat("a", 180) + "!{timestamp:MMMM}", "UTC", `is "` + strings.Repeat("a", 180) + `!{timestamp:MMMM}", with which no object can be a file here: the key "` + strings.Repeat("a", 180) + "September" + key + `" has 256 bytes between two "/"; a file name has at most 255; use another prefix`},
		{strings.Repeat("a", 175) + "!{timestamp:MMMMXXX}", "UTC", ""}, // where it is Z
		{strings.Repeat("a", 175) + "!{timestamp:MMMMXXX}", "Asia/Tokyo", `is "` + strings.Repeat("a", 175) + `!{timestamp:MMMMXXX}", with which no object can be a file here: the key "` + september + "+09:00" + key + `" has 257 bytes between two "/"; a file name has at most 255; use another prefix`},
		// The Azores are at UTC in summer, and an hour behind it in winter.
		{strings.Repeat("a", 175) + "!{timestamp:MMMMXXX}", "Atlantic/Azores", `is "` + strings.Repeat("a", 175) + `!{timestamp:MMMMXXX}", with which no object can be a file here: the key "` + strings.Repeat("a", 175) + "November-01:00" + strings.Replace(key, "09-17", "11-26", 1) + `" has 256 bytes between two "/"; a file name has at most 255; use another prefix`},
	} {
		cfg := Config{Name: "delivery", Prefix: test.prefix, TimeZone: test.zone, Compression: "UNCOMPRESSED"}
		got := ""
		for _, err := range cfg.check() {
			got += err.Error()
		}
		if want := test.want; want != "" && got != "prefix "+want || want == "" && got != "" {
			t.Errorf("%q: %s\nwant: prefix %s", test.prefix, got, want)
		}
	}
}

// Each day of a year in zones of all kinds: none makes a longer text than the two that are looked at.
func TestLongest(t *testing.T) {
	for _, zoneName := range []string{"UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Atlantic/Azores", "Asia/Calcutta", "Africa/Casablanca"} {
		zone := load(t, zoneName)
		for _, pattern := range []string{"MMMM", "EEEE", "MMMM XXX", "O EEEE", "X Q", "QQQQ", "D w d h k A N", "MMMM d E X", "GGGG yyyy W e"} {
			parsed, err := parseDateTime(pattern, zone)
			if err != nil {
				t.Fatal(err)
			}
			most := 0
			for _, at := range longest(zone) {
				most = max(most, len(parsed.format(at)))
			}
			for day := range 366 {
				at := time.Date(2026, time.January, 1+day, 23, 59, 59, 0, zone)
				if text := parsed.format(at); len(text) > most {
					t.Errorf("%s in %s: %q is longer than %d", pattern, zoneName, text, most)
				}
			}
		}
	}
}

func TestKey(t *testing.T) {
	at := time.Date(2026, time.March, 7, 23, 4, 5, 0, time.UTC)
	const id = "00000000-0000-4000-8000-000000000000"
	for _, test := range []struct {
		cfg  Config
		want string
	}{
		{Config{Name: "n", Prefix: "a/", Compression: "UNCOMPRESSED"}, "a/2026/03/07/23/n-1-2026-03-07-23-04-05-" + id},
		{Config{Name: "n", Prefix: "a/", Compression: "GZIP"}, "a/2026/03/07/23/n-1-2026-03-07-23-04-05-" + id + ".gz"},
		{Config{Name: "n", Compression: "ZIP"}, "2026/03/07/23/n-1-2026-03-07-23-04-05-" + id + ".zip"},
		{Config{Name: "n", Compression: "Snappy"}, "2026/03/07/23/n-1-2026-03-07-23-04-05-" + id + ".snappy"},
		{Config{Name: "n", Compression: "HADOOP_SNAPPY"}, "2026/03/07/23/n-1-2026-03-07-23-04-05-" + id + ".snappy"},
		{Config{Name: "n", Compression: "GZIP", FileExtension: ".json.gz"}, "2026/03/07/23/n-1-2026-03-07-23-04-05-" + id + ".json.gz"},
		{Config{Name: "n", Compression: "UNCOMPRESSED", TimeZone: "Asia/Tokyo"}, "2026/03/08/08/n-1-2026-03-08-08-04-05-" + id},
	} {
		parsed, err := parsePrefix(test.cfg.Prefix, test.cfg.zone())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := test.cfg.keyOf(parsed, at, zeros{}, place{}); err != nil || got != test.want {
			t.Errorf("%q, error %v\nwant %q", got, err, test.want)
		}
	}
}

// decompress undoes each format with another library's reader, or with one written from the format's description.
var decompress = map[string]func(t *testing.T, data []byte) []byte{
	"GZIP": func(t *testing.T, data []byte) []byte {
		r, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		return readAll(t, r)
	},
	"ZIP": func(t *testing.T, data []byte) []byte {
		r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil || len(r.File) != 1 || r.File[0].Method != zip.Deflate {
			t.Fatalf("%v: want one deflated entry", err)
		}
		entry, err := r.File[0].Open()
		if err != nil {
			t.Fatal(err)
		}
		return readAll(t, entry)
	},
	"Snappy": func(t *testing.T, data []byte) []byte {
		if !bytes.HasPrefix(data, []byte("\x82SNAPPY\x00")) {
			t.Fatalf("begins with %q; want snappy-java's magic", data[:8])
		}
		plain, err := xerial.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		return plain
	},
	"HADOOP_SNAPPY": func(t *testing.T, data []byte) []byte {
		var plain []byte
		for len(data) > 0 {
			size, compressed := binary.BigEndian.Uint32(data), binary.BigEndian.Uint32(data[4:])
			block, err := s2.Decode(nil, data[8:8+compressed])
			if err != nil || len(block) != int(size) {
				t.Fatalf("a block of %d bytes, error %v; want %d", len(block), err, size)
			}
			plain, data = append(plain, block...), data[8+compressed:]
		}
		return plain
	},
}

func readAll(t *testing.T, r io.Reader) []byte {
	t.Helper()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestCompressionRoundTrips(t *testing.T) {
	noise := make([]byte, 100_000)
	rand.New(rand.NewSource(1)).Read(noise)
	for name, undo := range decompress {
		for _, data := range [][]byte{[]byte("x"), []byte(strings.Repeat("the same line\n", 10_000)), noise} {
			compressed, err := formats[name].compress(data, zeros{})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got := undo(t, compressed); !bytes.Equal(got, data) {
				t.Errorf("%s: %d bytes came back as %d other ones", name, len(data), len(got))
			}
		}
	}
}

// aggregated puts records together as the Kinesis Producer Library does.
func aggregated(records ...string) []byte {
	sizedField := func(out []byte, number uint64, content []byte) []byte {
		out = binary.AppendUvarint(out, number<<3|sized)
		out = binary.AppendUvarint(out, uint64(len(content)))
		return append(out, content...)
	}
	message := sizedField(nil, 1, []byte("partition key"))
	for _, record := range records {
		content := binary.AppendUvarint(nil, 1<<3|varint)
		content = binary.AppendUvarint(content, 0)
		message = sizedField(message, 3, sizedField(content, 3, []byte(record)))
	}
	sum := md5.Sum(message)
	return append(append(append([]byte{}, kplMagic...), message...), sum[:]...)
}

func TestUserRecords(t *testing.T) {
	whole := aggregated("a", "", "ccc")
	broken := append([]byte{}, whole...)
	broken[6] ^= 1
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"a plain record", []byte("{}"), `{}`},
		{"an empty record", nil, ``},
		{"three together", whole, "a||ccc"},
		{"a wrong checksum", broken, string(broken)},
		{"magic alone", kplMagic, string(kplMagic)},
	} {
		got := string(bytes.Join(userRecords(test.data), []byte("|")))
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func FuzzUserRecords(f *testing.F) {
	f.Add(aggregated("a", "b")[4:])
	f.Add([]byte{0x1a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, message []byte) {
		sum := md5.Sum(message)
		_ = userRecords(append(append(append([]byte{}, kplMagic...), message...), sum[:]...))
	})
}

func FuzzPrefix(f *testing.F) {
	for _, seed := range []string{"a/!{timestamp:yyyy'x'MM}/", "!{firehose:random-string}!{timestamp:''}", "!{!{"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := parsePrefix(text, time.UTC)
		if err != nil {
			return
		}
		if key, err := parsed.evaluate(time.Unix(1e9, 0).UTC(), zeros{}, place{}); err != nil || !printable(key) {
			t.Errorf("%q: %q, error %v", text, key, err)
		}
	})
}

func TestLater(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"", "", false}, {"1", "", true}, {"", "1", false}, {"10", "9", true}, {"9", "10", false}, {"7", "7", false}, {"007", "7", false}, {"08", "7", true},
	} {
		if got := later(test.a, test.b); got != test.want {
			t.Errorf("later(%q, %q) is %t", test.a, test.b, got)
		}
	}
}

func TestDelay(t *testing.T) {
	for failures, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 6: 32 * time.Second, 7: time.Minute, 1000: time.Minute} {
		if got := delay(failures); got != want {
			t.Errorf("after %d failures: %s, want %s", failures, got, want)
		}
	}
}
