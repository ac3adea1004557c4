package draft4_test

import (
	"strings"
	"testing"

	"cdk.tf/go/ingest/internal/draft4"
)

func TestFormats(t *testing.T) {
	for _, test := range []struct {
		name       string
		are, arent []string
	}{
		{"base64", []string{"", "aGk=", "aGkh", "aA=="}, []string{"aGk", "a=b=", "a===", "aGk-", "éééé"}},
		{"date-time", []string{"2026-03-07T15:00:00Z", "2026-03-07t15:00:00z", "2026-03-07T15:00:00.123456789012Z", "2026-03-07T15:00:00+0100", "2026-03-07T15:00:00-01:00", "2024-02-29T00:00:00+01"},
			[]string{"", "2026-03-07", "2026-03-07T15:00:00", "2026-03-07 15:00:00Z", "2026-02-29T15:00:00Z", "2026-03-07T24:00:00Z", "2026-03-07T23:59:60Z", "2026-03-07T15:00:00.1234567890123Z", "2026-03-07T15:00:00+24:00", "2026-03-07T15:00:00+01:60", "2026-3-07T15:00:00Z"}},
		{"email", []string{"a@b", "a.b@example.com", "Ann <ann@example.com>", `"a b"@example.com`, "a@[192.0.2.1]"}, []string{"", "a", "a@", "@b", "a@b c", "a@b@c", "a..b@c", "a@b_c"}},
		{"hostname", []string{"localhost", "a_b.example.com", "example.com.", "xn--a.de", "bücher.de", strings.Repeat("a", 63)},
			[]string{"", ".", "-a.de", "a-.de", "a..b", "192.0.2.1", "a b", strings.Repeat("a", 64), strings.Repeat("a.", 127) + "a"}},
		{"ipv4", []string{"192.0.2.1", "::ffff:192.0.2.1"}, []string{"", "192.0.2", "192.0.2.256", "192.0.02.1", "::1"}},
		{"ipv6", []string{"::1", "2001:db8::1"}, []string{"", "192.0.2.1", "fe80::1%eth0", "2001:db8::1::2", "::ffff:192.0.2.1"}},
		{"json-pointer", []string{"", "/", "/a/b~0~1"}, []string{"a", "/~", "/~2"}},
		{"mac", []string{"00:1b:44:11:3A:B7"}, []string{"", "00-1b-44-11-3a-b7", "00:1b:44:11:3a", "00:1b:44:11:3a:b7:c8"}},
		{"md5", []string{strings.Repeat("0aF", 10) + "00"}, []string{"", strings.Repeat("g", 32), strings.Repeat("0", 33)}},
		{"regex", []string{"", "a+", "^(?=a)"}, []string{"(", "a**", "[z-a]"}},
		{"sha1", []string{strings.Repeat("0", 40)}, []string{strings.Repeat("0", 39)}},
		{"sha256", []string{strings.Repeat("0", 64)}, []string{strings.Repeat("0", 63)}},
		{"sha512", []string{strings.Repeat("0", 128)}, []string{strings.Repeat("0", 64)}},
		{"uri", []string{"", "a", "/a?b#c", "urn:a", "https://user@example.com:80/a%20b?q=[1]#f", "file:///a", "http://[::1]:80/", "http://bücher.de/ü", "?a:b", "//a"},
			[]string{"a b", "%", "%zz", ":a", "1a:b", "a:", "http://", "http://[::g]/", "a#b#c", "a|b", `a\b`, "a[0]", "\u00a0", "http://a^b/"}},
		{"uuid", []string{"123e4567-e89b-12d3-a456-426614174000", "1-2-3-4-5"}, []string{"", "123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-4266141740001", "g23e4567-e89b-12d3-a456-426614174000", "1-2-3-4-"}},
		{"date", []string{"", "7 March"}, nil}, {"time", []string{"noon"}, nil}, {"duration", []string{"1h"}, nil}, {"int32", []string{"x"}, nil}, {"uri-template", []string{"{"}, nil},
	} {
		schema, err := compile(t, `{"format": "`+test.name+`"}`)
		if err != nil {
			t.Fatal(err)
		}
		check := func(text string, want bool) {
			t.Helper()
			if fault := draft4.FormatFault(test.name, text); (fault == "") != want {
				t.Errorf("%s %q: the fault %q", test.name, text, fault)
			}
			if err := schema.Validate(text); (err == nil) != want {
				t.Errorf("%s %q: %v", test.name, text, err)
			}
		}
		for _, text := range test.are {
			check(text, true)
		}
		for _, text := range test.arent {
			check(text, false)
		}
		if err := schema.Validate(true); err != nil {
			t.Errorf("%s is of text alone: %v", test.name, err)
		}
	}
}

// A fault has the text as it is, whatever it contains.
func TestAFaultWithItsText(t *testing.T) {
	schema, err := compile(t, `{"format": "uuid"}`)
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate("%s%d"); err == nil || !strings.Contains(err.Error(), `input string "%s%d" is not a valid UUID`) {
		t.Error(err)
	}
}
