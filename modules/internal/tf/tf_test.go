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
	} {
		if got := nameOf(path); got != want {
			t.Errorf("nameOf(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestNameOfRefusesAnIdThatCouldBeTwoPlaces(t *testing.T) {
	defer func() {
		want := `construct id "api/put_record" holds "_", which separates ids in Terraform names; use "-"`
		if got := recover(); got != want {
			t.Errorf("panic is %v, want %s", got, want)
		}
	}()
	nameOf("api/put_record")
}
