package verify

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"cdk.tf/go/ingest/internal/identity"
)

func TestSendTokens(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/dev/submit?a=1", nil)
	sendTokens(r, []identity.Source{{In: "header", Name: "X-Client"}, {In: "query", Name: "t"}, {In: "query", Name: "u"}}, "a b&c")
	if got, want := r.Header.Get("X-Client")+" "+r.URL.RawQuery, "a b&c a=1&t=a+b%26c&u=a+b%26c"; got != want {
		t.Errorf("the tokens are %s, want %s", got, want)
	}
}
