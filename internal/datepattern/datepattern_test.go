package datepattern_test

import (
	"slices"
	"strings"
	"testing"

	"cdk.tf/go/ingest/internal/datepattern"
)

func TestUnmeant(t *testing.T) {
	const (
		weekYear = ` the year of the week: the days about New Year land in the folder of another year; write "yyyy"`
		dayOfAll = ` the day of the year, beside a month; write "dd" for the day of the month`
		minute   = ` minutes, where a month is missing; write "MM"`
		half     = ` hours of half a day, so that morning and evening land in one folder; write "HH"`
	)
	for _, test := range []struct {
		patterns []string
		want     []string
	}{
		{nil, nil},
		{[]string{"yyyy/MM/dd/HH"}, nil},
		{[]string{"uuuu-MM-dd'T'HH:mm:ss"}, nil},
		{[]string{"YYYY/MM/dd"}, []string{`"YYYY",` + weekYear}},
		{[]string{"YYYY", "MM"}, []string{`"YYYY",` + weekYear}},
		{[]string{"YYYY-'W'ww"}, nil},
		{[]string{"YYYY", "ww"}, nil},
		{[]string{"'YYYY'yyyy"}, nil},
		{[]string{"yyyy/MM/DD"}, []string{`"DD",` + dayOfAll}},
		{[]string{"yyyy-DDD"}, nil},
		{[]string{"yyyy/mm/dd"}, []string{`"mm",` + minute}},
		{[]string{"yyyy", "mm", "dd", "HH"}, []string{`"mm",` + minute}},
		{[]string{"HH-mm"}, nil},
		{[]string{"yyyy-DDD-HH-mm"}, nil},
		{[]string{"yyyy/MM/dd/hh"}, []string{`"hh",` + half}},
		{[]string{"yyyy/MM/dd/KK"}, []string{`"KK",` + half}},
		{[]string{"yyyy/MM/dd/hha"}, nil},
		{[]string{"yyyy/MM/dd/HH/hh"}, nil},
		{[]string{"YYYY/mm/DD/hh"}, []string{`"YYYY",` + weekYear, `"hh",` + half}},
		{[]string{"YYYY/MM/DD/HH"}, []string{`"YYYY",` + weekYear, `"DD",` + dayOfAll}},
		{[]string{"é\xffYYYYYéY"}, []string{`"YYYYY",` + weekYear}},
		{[]string{"'a"}, nil}, // no pattern: whoever reads it refuses it
	} {
		if got := datepattern.Unmeant(test.patterns); !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, want %q", test.patterns, got, test.want)
		}
	}
}

func TestRepeats(t *testing.T) {
	for letters, want := range map[string]bool{
		"d": true, "dd": true, "ddd": false, "HHH": false, "DDD": true, "DDDD": false, "MMMMM": true, "MMMMMM": false, "yyyyy": true, "aa": false,
		"c": true, "cc": false, "ccc": true, "O": true, "OO": false, "OOOO": true, "OOOOO": false, "zzzz": true, "zzzzz": false,
		"SSSSSSSSS": true, "SSSSSSSSSS": false, "BBB": true, "---": true, "//": true,
	} {
		if got := datepattern.Repeats(letters[0], len(letters)); got != want {
			t.Errorf("%s: %t, want %t", letters, got, want)
		}
	}
}

func TestLettersAndRuns(t *testing.T) {
	for c := range 256 {
		want := strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", rune(c))
		if got := datepattern.IsLetter(byte(c)); got != want {
			t.Errorf("%q is a letter: %t", byte(c), got)
		}
	}
	for text, want := range map[string]int{"y": 1, "yyyy": 4, "yyMM": 2, "//y": 2, "'": 1} {
		if got := datepattern.Run(text); got != want {
			t.Errorf("the run of %q is %d long, want %d", text, got, want)
		}
	}
}
