package firehose

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"cdk.tf/go/ingest/internal/datepattern"
)

// Assumption FH-1: in a prefix, a timestamp expression is a pattern of Java's DateTimeFormatter in English (developer guide,
// "Understand custom prefixes for Amazon S3 objects"; Java 8's documentation of DateTimeFormatter). Text in single quotes is
// literal, two single quotes are one quote, and a character that is not a letter stands for itself.

// unimitated are letters that Firehose accepts and whose text depends on Java's release or on CLDR's tables: the period of the
// day, the week of a month, the modified Julian day, the generic name of a time zone.
const unimitated = "BFgv"

// dateTime is a parsed pattern.
type dateTime []dateTimePart

// dateTimePart is text, or a run of one letter.
type dateTimePart struct {
	literal string
	letter  byte
	count   int
}

// parseDateTime parses a pattern for a time zone. Some letters show the zone's name. The errors say what to write instead.
func parseDateTime(pattern string, zone *time.Location) (dateTime, error) {
	if pattern == "" {
		return nil, errors.New("is empty; give it one, such as !{timestamp:yyyy/MM/dd/HH}")
	}
	var parts dateTime
	for rest := pattern; rest != ""; {
		part, length, err := nextPart(rest)
		if err != nil {
			return nil, err
		}
		if err := part.check(zone); err != nil {
			return nil, err
		}
		parts, rest = append(parts, part), rest[length:]
	}
	return parts, nil
}

func nextPart(text string) (dateTimePart, int, error) {
	switch c := text[0]; {
	case c == '\'':
		return quoted(text)
	case strings.IndexByte("#[]{}", c) >= 0:
		return dateTimePart{}, 0, fmt.Errorf("holds %q, which Java reserves; put it between single quotes", c)
	case !datepattern.IsLetter(c):
		return dateTimePart{literal: text[:1]}, 1, nil
	default:
		count := datepattern.Run(text)
		return dateTimePart{letter: c, count: count}, count, nil
	}
}

// quoted reads from a single quote to its partner. Two quotes in a row are one quote character and do not end the text.
func quoted(text string) (dateTimePart, int, error) {
	var literal strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] != '\'':
			literal.WriteByte(text[i])
		case i+1 < len(text) && text[i+1] == '\'':
			literal.WriteByte('\'')
			i++
		case i == 1: // two quotes and nothing between them
			return dateTimePart{literal: "'"}, 2, nil
		default:
			return dateTimePart{literal: literal.String()}, i + 1, nil
		}
	}
	return dateTimePart{}, 0, errors.New("holds a single quote that is not closed; close it")
}

// shortZone is the most letters z of a time zone's short name.
const shortZone = 3

func (p dateTimePart) check(zone *time.Location) error {
	if p.letter == 0 {
		return nil
	}
	text := strings.Repeat(string(p.letter), p.count)
	switch {
	case strings.IndexByte(datepattern.Refused, p.letter) >= 0:
		return fmt.Errorf("holds %q; put it between single quotes: it is not a date field that Firehose knows", text)
	case strings.IndexByte(unimitated, p.letter) >= 0 || p.letter == 'z' && (p.count > shortZone || zone != time.UTC):
		return fmt.Errorf("holds %q, which is not imitated on one machine; use letters whose text is a number, such as yyyy, MM, dd, HH", text)
	case !datepattern.Repeats(p.letter, p.count):
		return fmt.Errorf("holds %q, which Java refuses; repeat the letter less often", text)
	}
	return nil
}

// format returns the text of a pattern at an instant of whole seconds. Objects that AWS delivered reportedly show zeros for
// fractions of a second (another emulator's captures of AWS, "Firehose streaming behavior"; this project has not verified it).
func (d dateTime) format(at time.Time) string {
	at = at.Truncate(time.Second)
	var b strings.Builder
	for _, part := range d {
		if part.letter == 0 {
			b.WriteString(part.literal)
			continue
		}
		b.WriteString(part.format(at))
	}
	return b.String()
}

func (p dateTimePart) format(at time.Time) string {
	switch p.letter {
	case 'G':
		return pick(p.count, "AD", "Anno Domini", "A")
	case 'u', 'y':
		return year(at.Year(), p.count)
	case 'Y':
		inYear, _ := week(at)
		return year(inYear, p.count)
	case 'E':
		return pick(p.count, at.Format("Mon"), at.Weekday().String(), at.Weekday().String()[:1])
	case 'a':
		return at.Format("PM")
	case 'S':
		return strings.Repeat("0", p.count)
	case 'z':
		return "UTC"
	case 'O', 'X', 'x', 'Z':
		return p.offset(at)
	}
	number := p.number(at)
	if p.count <= 2 || !strings.ContainsRune("MLQqec", rune(p.letter)) {
		return pad(number, p.count)
	}
	return p.name(at, number)
}

// number returns the value of a numeric letter.
func (p dateTimePart) number(at time.Time) int {
	_, weekOfYear := week(at)
	sinceMidnight := (at.Hour()*60+at.Minute())*60 + at.Second()
	return map[byte]int{
		'D': at.YearDay(), 'M': int(at.Month()), 'L': int(at.Month()), 'd': at.Day(),
		'Q': quarter(at), 'q': quarter(at), 'w': weekOfYear, 'W': weekOfMonth(at),
		'e': int(at.Weekday()) + 1, 'c': int(at.Weekday()) + 1,
		'h': (at.Hour()+11)%12 + 1, 'K': at.Hour() % 12, 'k': (at.Hour()+23)%24 + 1, 'H': at.Hour(),
		'm': at.Minute(), 's': at.Second(), 'A': sinceMidnight * 1000, 'n': 0, 'N': sinceMidnight * 1_000_000_000,
	}[p.letter]
}

// name returns the text of a letter that is repeated three times or more: short, full, or its first character.
func (p dateTimePart) name(at time.Time, number int) string {
	switch p.letter {
	case 'M', 'L':
		return pick(p.count, at.Format("Jan"), at.Month().String(), at.Month().String()[:1])
	case 'Q', 'q':
		ordinal := []string{"1st", "2nd", "3rd", "4th"}[number-1]
		return pick(p.count, "Q"+strconv.Itoa(number), ordinal+" quarter", strconv.Itoa(number))
	default: // e, c
		return pick(p.count, at.Format("Mon"), at.Weekday().String(), at.Weekday().String()[:1])
	}
}

func pick(count int, short, full, narrow string) string {
	switch count {
	case 4:
		return full
	case 5:
		return narrow
	default:
		return short
	}
}

func pad(number, width int) string { return fmt.Sprintf("%0*d", width, number) }

// year returns two digits for two letters, and otherwise at least as many digits as letters.
func year(year, count int) string {
	if count == 2 {
		return pad(year%100, 2)
	}
	return pad(year, count)
}

func quarter(at time.Time) int { return (int(at.Month())-1)/3 + 1 }

// week follows the conventions of the United States, as AWS documents for the weeks in its index names (developer guide,
// "Amazon S3 Object Name Format" and its neighbour for OpenSearch): a week begins on Sunday, and the first one of a year holds
// January 1.
func week(at time.Time) (inYear, number int) {
	saturday := at.AddDate(0, 0, 6-int(at.Weekday())) // the week's last day decides
	return saturday.Year(), (saturday.YearDay()-1)/7 + 1
}

func weekOfMonth(at time.Time) int {
	first := at.AddDate(0, 0, 1-at.Day())
	return (at.Day()-1+int(first.Weekday()))/7 + 1
}

// offset returns the offset from UTC in Java's forms.
func (p dateTimePart) offset(at time.Time) string {
	_, seconds := at.Zone()
	if seconds == 0 && (p.letter == 'X' || p.letter == 'Z' && p.count == 5) {
		return "Z"
	}
	sign := "+"
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	switch {
	case p.letter == 'O', p.letter == 'Z' && p.count == 4:
		return p.localized(sign, seconds/3600, seconds/60%60)
	case p.letter == 'Z' && p.count < 4:
		return sign + clockface(seconds, 2)
	}
	return sign + clockface(seconds, p.count)
}

// clockface has the shapes 1 to 5: hours, with minutes if they are not 0; hours and minutes; the same with a colon; and the
// last two with seconds if they are not 0.
func clockface(seconds, shape int) string {
	minutes, rest := seconds/60%60, seconds%60
	text := pad(seconds/3600, 2)
	colon := ""
	if shape == 3 || shape == 5 {
		colon = ":"
	}
	if shape > 1 || minutes > 0 {
		text += colon + pad(minutes, 2)
	}
	if shape > 3 && rest > 0 {
		text += colon + pad(rest, 2)
	}
	return text
}

func (p dateTimePart) localized(sign string, hours, minutes int) string {
	if hours == 0 && minutes == 0 {
		return "GMT"
	}
	if p.count == 4 {
		return "GMT" + sign + pad(hours, 2) + ":" + pad(minutes, 2)
	}
	text := "GMT" + sign + strconv.Itoa(hours)
	if minutes > 0 {
		text += ":" + pad(minutes, 2)
	}
	return text
}

// printable reports whether a text has only printable ASCII characters.
func printable(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsPrint(r) }) < 0
}
