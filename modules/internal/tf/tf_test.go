package tf

import (
	"testing"
)

func TestNameOf(t *testing.T) {
	for path, want := range map[string]string{
		"stream/Default":          "stream",
		"api/submit/post/Default": "api_submit_post",
		"api/submit/post/200":     "api_submit_post_200",
		"submit-role/put-record":  "submit-role_put-record",
		"größe/Default":           "größe",
		"web/1st":                 "web_1st",
	} {
		if got := nameOf(path); got != want {
			t.Errorf("nameOf(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestNameOfRefuses(t *testing.T) {
	const notTerraforms = ` is no name for Terraform; use letters, digits and "-", beginning with a letter`
	for path, want := range map[string]string{
		"api/put_record":    `construct id "api/put_record" holds "_", which separates ids in Terraform names; use "-"`,
		"my stream/Default": `construct id "my stream/Default"` + notTerraforms,
		"1st/Default":       `construct id "1st/Default"` + notTerraforms,
		"-a/Default":        `construct id "-a/Default"` + notTerraforms,
		"a.b/lifecycle":     `construct id "a.b/lifecycle"` + notTerraforms,
		"a\nb":              `construct id "a\nb"` + notTerraforms,
		"${a}":              `construct id "${a}"` + notTerraforms,
		"":                  `construct id ""` + notTerraforms,
	} {
		if got := panicOf(func() { nameOf(path) }); got != want {
			t.Errorf("%q: panic is %v, want %s", path, got, want)
		}
	}
}

func panicOf(call func()) (said any) {
	defer func() { said = recover() }()
	call()
	return nil
}
