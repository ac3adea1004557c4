package objectname_test

import (
	"slices"
	"testing"

	"cdk.tf/go/ingest/internal/objectname"
)

func TestFixedParts(t *testing.T) {
	for prefix, want := range map[string][2]string{
		"": {"", ""}, "events": {"events", ""}, "events/": {"events/", "events/"}, "a/b-!{timestamp:yyyy}/c/": {"a/b-", "a/"}, "!{x:y}/": {"", ""},
	} {
		if got := [2]string{objectname.FixedPrefix(prefix), objectname.FixedFolder(prefix)}; got != want {
			t.Errorf("%q has the fixed parts %q; want %q", prefix, got, want)
		}
	}
}

func TestSplitPrefix(t *testing.T) {
	type part = objectname.PrefixPart
	for prefix, want := range map[string][]part{
		"":                  nil,
		"events/":           {{Text: "events/"}},
		"!{timestamp:yyyy}": {{Text: "!{timestamp:yyyy}", Namespace: "timestamp", Value: "yyyy"}},
		"a/!{firehose:random-string}/!{x:}b": {
			{Text: "a/"}, {Text: "!{firehose:random-string}", Namespace: "firehose", Value: "random-string"}, {Text: "/"},
			{Text: "!{x:}", Namespace: "x"}, {Text: "b"},
		},
		"a!{b!{timestamp:yyyy}!{}": {
			{Text: "a"}, {Text: "!{", Stray: true}, {Text: "b"}, {Text: "!{timestamp:yyyy}", Namespace: "timestamp", Value: "yyyy"},
			{Text: "!{", Stray: true}, {Text: "}"},
		},
	} {
		if got := objectname.SplitPrefix(prefix); !slices.Equal(got, want) {
			t.Errorf("%q has the parts %+v; want %+v", prefix, got, want)
		}
	}
}
