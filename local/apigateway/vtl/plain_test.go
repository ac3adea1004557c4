package vtl

import (
	"errors"
	"strings"
	"testing"
)

// No text for a log holds a client's data, wherever the template used it. The log has the place.
func TestPlainErrorsHoldNoValue(t *testing.T) {
	const secret = "s3cret@"
	for template, want := range map[string]string{
		`$util.parseJson($input.path('$.a'))`:                  "line 1, column 7: $util.parseJson: … is not JSON",
		`$util.base64Decode($input.path('$.a'))`:               "line 1, column 7: $util.base64Decode: … is not base64",
		`$util.urlDecode("%$input.path('$.a')")`:               "line 1, column 7: $util.urlDecode: … is not URL-encoded",
		`#set($n=0)$n.parseInt($input.path('$.a'))`:            "line 1, column 14: … is not a whole number of 32 bits",
		`$input.path("$[$input.path('$.a')")`:                  "line 1, column 8: … is not a JSONPath expression: …",
		`#set($s='a')$s.replaceAll("[$input.path('$.a')", '')`: "line 1, column 16: the regular expression … is not valid, or not imitated here: …",
		"#foreach($i in [1])#set($o = $context.responseOverride.header)#set($o[$input.path('$.a')] = $foreach)#end": "line 1, column 1: the override of the header …: $foreach has no text of its own: Java writes an address there",
		`#foreach($i in [1..2])#set($context.responseOverride.header[$input.path('$.a')] = "x")#end`:                "line 1, column 60: the override of … is set a second time; API Gateway answers 5XX to that: set a variable first and the override once, at the end",
	} {
		parsed, err := Parse(template)
		if err != nil {
			t.Fatalf("%s: %v", template, err)
		}
		_, err = parsed.Render(t.Context(), &Request{Body: []byte(`{"a": "` + secret + `"}`)})
		var place *Error
		if !errors.As(err, &place) {
			t.Errorf("%s: %v is no *Error", template, err)
		} else if got := place.Plain(); got != want || strings.Contains(got, secret) {
			t.Errorf("%s:\n got %s\nwant %s", template, got, want)
		}
	}
}

// A mistake in a template is shown in full, because it is the author's text.
func TestPlainErrorsShowTheTemplate(t *testing.T) {
	_, err := Parse("#set($x = null)")
	var place *Error
	if !errors.As(err, &place) || place.Plain() != err.Error() {
		t.Errorf("%v", err)
	}
}
