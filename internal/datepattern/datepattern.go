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
				length := 1
				for length < len(part) && part[length] == part[0] { // bytes: what is no ASCII is no letter either
					length++
				}
				if letter := rune(part[0]); isLetter(part[0]) && runs[letter] == "" {
					runs[letter] = part[:length]
				}
				part = part[length:]
			}
		}
	}
	return runs
}

func isLetter(c byte) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }
