package draft4

import (
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Formats are the formats that API Gateway checks.
var Formats = []string{
	"base64", "date-time", "email", "hostname", "ipv4", "ipv6", "json-pointer", "mac", "md5", "regex", "sha1", "sha256", "sha512", "uri", "uuid",
}

// passedOver are the formats that the compiler knows and API Gateway does not.
var passedOver = []string{
	"date", "duration", "iri", "iri-reference", "period", "relative-json-pointer", "semver", "time", "uri-reference", "uri-template",
}

// FormatFault returns the reason why a text is not of a format, with %s in the place of the text. It is empty for a text that is of the
// format, and for a format that API Gateway does not check.
func FormatFault(name, text string) string {
	switch name {
	case "base64":
		return base64Fault(text)
	case "md5":
		return hexFault(text, 32)
	case "sha1":
		return hexFault(text, 40)
	case "sha256":
		return hexFault(text, 64)
	case "sha512":
		return hexFault(text, 128)
	}
	if format := yesOrNo[name]; format.is != nil && !format.is(text) {
		return format.fault
	}
	return ""
}

// yesOrNo are the formats with one fault.
var yesOrNo = map[string]struct {
	is    func(text string) bool
	fault string
}{
	"date-time":    {isDateTime, `string "%s" is invalid against requested date format(s) [yyyy-MM-dd'T'HH:mm:ssZ, yyyy-MM-dd'T'HH:mm:ss.[0-9]{1,12}Z]`},
	"email":        {isEmail, `string "%s" is not a valid email address`},
	"hostname":     {isHostname, `string "%s" is not a valid hostname`},
	"ipv4":         {isIPv4, `string "%s" is not a valid IPv4 address`},
	"ipv6":         {isIPv6, `string "%s" is not a valid IPv6 address`},
	"json-pointer": {jsonPointer.MatchString, `input string "%s" is not a valid JSON Pointer`},
	"mac":          {macAddress.MatchString, `input string "%s" is not a valid MAC address`},
	"regex":        {isRegex, `string "%s" is not a valid ECMA 262 regular expression`},
	"uri":          {IsURI, `string "%s" is not a valid URI`},
	"uuid":         {isUUID, `input string "%s" is not a valid UUID`},
}

// registerFormats gives a compiler the formats of API Gateway in place of its own.
func registerFormats(compiler *jsonschema.Compiler) {
	for _, name := range slices.Concat(Formats, passedOver) {
		compiler.RegisterFormat(&jsonschema.Format{Name: name, Validate: func(value any) error {
			text, isText := value.(string)
			if !isText {
				return nil
			}
			if fault := FormatFault(name, text); fault != "" {
				return errors.New(strings.Replace(fault, "%s", text, 1))
			}
			return nil
		}})
	}
}

// dateTime has the parts of a time: the date and time of day, and the hours, minutes and seconds of the offset.
var dateTime = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2})(?:\.\d{1,12})?(?:[Zz]|[+-](\d{2})(?::?(\d{2})(?::?(\d{2}))?)?)$`)

// isDateTime takes what Joda-Time takes: the offset may have no colon, and there are no leap seconds.
func isDateTime(text string) bool {
	parts := dateTime.FindStringSubmatch(text)
	if parts == nil {
		return false
	}
	_, err := time.Parse("2006-01-02T15:04:05", strings.ToUpper(parts[1]))
	return err == nil && atMost(parts[2], 23) && atMost(parts[3], 59) && atMost(parts[4], 59)
}

// atMost reports whether two digits, or none, are a number up to a bound.
func atMost(digits string, bound int) bool {
	n, err := strconv.Atoi(digits)
	return digits == "" || err == nil && n <= bound
}

var mailDomain = regexp.MustCompile(`^([\p{L}\p{N}.-]+|\[.*\])$`)

// isEmail takes an address with a name too, such as "Ann <ann@example.com>", as JavaMail does.
func isEmail(text string) bool {
	address, err := mail.ParseAddress(text)
	return err == nil && mailDomain.MatchString(address.Address[strings.LastIndexByte(address.Address, '@')+1:])
}

// domainLabel is a part of a name as Guava takes it: with underscores, and with characters that are not ASCII.
var domainLabel = regexp.MustCompile(`^[a-zA-Z0-9\x{80}-\x{10FFFF}]([a-zA-Z0-9_\x{80}-\x{10FFFF}-]{0,61}[a-zA-Z0-9\x{80}-\x{10FFFF}])?$`)

// Bounds of a domain name (RFC 1035).
const maxDomain, maxLabels = 253, 127

func isHostname(text string) bool {
	name := strings.TrimSuffix(strings.NewReplacer("\u3002", ".", "\uff0e", ".", "\uff61", ".").Replace(text), ".")
	labels := strings.Split(name, ".")
	last := labels[len(labels)-1]
	return len(name) <= maxDomain && len(labels) <= maxLabels && (last == "" || last[0] < '0' || last[0] > '9') &&
		!slices.ContainsFunc(labels, func(label string) bool { return !domainLabel.MatchString(label) })
}

// isIPv4 takes the IPv6 form of an IPv4 address too, as Guava does.
func isIPv4(text string) bool {
	address, err := netip.ParseAddr(text)
	return err == nil && address.Zone() == "" && (address.Is4() || address.Is4In6())
}

func isIPv6(text string) bool {
	address, err := netip.ParseAddr(text)
	return err == nil && address.Zone() == "" && !address.Is4() && !address.Is4In6()
}

var (
	jsonPointer = regexp.MustCompile(`^(/([^~/]|~[01])*)*$`)
	macAddress  = regexp.MustCompile(`^[A-Za-z0-9]{2}(:[A-Za-z0-9]{2}){5}$`)
	uuid        = regexp.MustCompile(`^[0-9A-Fa-f]+(-[0-9A-Fa-f]+){4}$`)
)

// maxUUID is the length of a UUID with all its digits.
const maxUUID = 36

// isUUID takes parts with fewer digits, as Java does.
func isUUID(text string) bool { return len(text) <= maxUUID && uuid.MatchString(text) }

func isRegex(text string) bool {
	_, err := compilePattern(text, time.Second)
	return err == nil
}

func hexFault(text string, digits int) string {
	units := utf16.Encode([]rune(text))
	if len(units) != digits {
		return fmt.Sprintf("input string has incorrect length (%d, expected %d)", len(units), digits)
	}
	at := slices.IndexFunc(units, func(unit uint16) bool {
		return unit > 127 || !strings.ContainsRune("0123456789abcdefABCDEF", rune(unit))
	})
	if at < 0 {
		return ""
	}
	return fmt.Sprintf(`illegal character "%s" in input at index %d`, string(utf16.Decode(units[at:at+1])), at)
}

func base64Fault(text string) string {
	units := utf16.Encode([]rune(text))
	if len(units)%4 != 0 {
		return fmt.Sprintf("input has illegal length (must be a multiple of 4, found %d)", len(units))
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for at, unit := range units {
		padding := unit == '=' && (at == len(units)-1 || at == len(units)-2 && units[at+1] == '=')
		if !padding && (unit > 127 || !strings.ContainsRune(alphabet, rune(unit))) {
			return fmt.Sprintf(`illegal character "%s" at index %d (not in Base64 alphabet)`, string(utf16.Decode(units[at:at+1])), at)
		}
	}
	return ""
}
