// Package datepattern has what is known of the date patterns in Firehose's prefixes, !{timestamp:PATTERN}, that more than one
// package goes by. They are those of Java's DateTimeFormatter.
package datepattern

import (
	"fmt"
	"strings"
)

// Refused are the letters that Firehose refuses in a pattern ("Invalid conversion character"). AWS does not list them;
// badmintoncryer/cdk-preflight measured all 52 letters on 2026-09-10.
const Refused = "CIJPRTUVbfijloprt"

// mostLetters is how often Java repeats each letter (OpenJDK 8, DateTimeFormatterBuilder, parseField). It lacks the letters that Firehose
// refuses, and those whose bound depends on Java's release.
var mostLetters = map[byte]int{
	'G': 5, 'u': 19, 'y': 19, 'Y': 19, 'D': 3, 'M': 5, 'L': 5, 'd': 2, 'Q': 5, 'q': 5, 'w': 2, 'W': 1, 'E': 5, 'e': 5,
	'c': 5, 'a': 1, 'h': 2, 'K': 2, 'k': 2, 'H': 2, 'm': 2, 's': 2, 'S': 9, 'A': 19, 'n': 19, 'N': 19, 'z': 4, 'O': 4,
	'X': 5, 'x': 5, 'Z': 5,
}

// Known reports whether it is known how often Java repeats a letter.
func Known(letter byte) bool { return mostLetters[letter] > 0 }

// Repeats reports whether Java takes a run of so many of a known letter.
func Repeats(letter byte, count int) bool {
	if letter == 'c' && count == 2 || letter == 'O' && count != 1 && count != 4 {
		return false
	}
	return !Known(letter) || count <= mostLetters[letter]
}

// Unmeant says of each part of a prefix's patterns that Firehose takes, and that is seldom what is meant, what it is and what to
// write instead, beginning with the part in quotes. The patterns count together: a week in one gives a year of the week in
// another its sense.
//
// "YYYY" put the objects of 29 to 31 December 2019 below 2020 (aws-samples/aws-blog-firehose-custom-prefixes-for-s3-objects#1, which
// had it from AWS's own example). The others are the same slip of a letter's case (Java 8's documentation of DateTimeFormatter).
func Unmeant(patterns []string) []string {
	runs := runsOf(patterns)
	has := func(letters string) bool {
		for letter := range runs {
			if strings.ContainsRune(letters, letter) {
				return true
			}
		}
		return false
	}
	var found []string
	for _, slip := range []struct {
		letter rune
		holds  bool
		text   string
	}{
		{'Y', !has("wW"), `the year of the week: the days about New Year land in the folder of another year; write "yyyy"`},
		{'D', has("ML"), `the day of the year, beside a month; write "dd" for the day of the month`},
		{'m', has("d") && !has("ML"), `minutes, where a month is missing; write "MM"`},
		{'h', !has("HkaAnN"), halfDay},
		{'K', !has("HkaAnN"), halfDay},
	} {
		if run := runs[slip.letter]; run != "" && slip.holds {
			found = append(found, fmt.Sprintf("%q, %s", run, slip.text))
		}
	}
	return found
}

const halfDay = `hours of half a day, so that morning and evening land in one folder; write "HH"`

// runsOf are the first run of each letter, by the letter. Text between single quotes is none.
func runsOf(patterns []string) map[rune]string {
	runs := map[rune]string{}
	for _, pattern := range patterns {
		for i, part := range strings.Split(pattern, "'") {
			if i%2 == 1 {
				continue
			}
			for part != "" {
				length := Run(part)
				if letter := rune(part[0]); IsLetter(part[0]) && runs[letter] == "" {
					runs[letter] = part[:length]
				}
				part = part[length:]
			}
		}
	}
	return runs
}

// Run counts the bytes at the beginning of a text that equal the first one, whatever byte that is. The text is not empty.
func Run(text string) int {
	run := 1
	for run < len(text) && text[run] == text[0] {
		run++
	}
	return run
}

// IsLetter reports whether a byte of a pattern is a letter: a part of a date, outside quotes. What is no ASCII is no letter.
func IsLetter(c byte) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }
