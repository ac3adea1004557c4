package main

import (
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cdk.tf/go/ingest/internal/goldens"
)

// The key that the start names is the one that lets in, and nothing else does.
func TestAPIKeys(t *testing.T) {
	p := begin(t, goldens.File(t, "option-keys"), filepath.Join(t.TempDir(), "data"))
	p.waitFor("-option-keys-web\n") // the last of the two
	keys := regexp.MustCompile(`(?m)^with API_KEY=(\S+) for api-kinesis-option-keys-(\w+)$`).FindAllStringSubmatch(p.stdout.String(), -1)
	if len(keys) != 2 || keys[0][2] != "mobile" || keys[1][2] != "web" || keys[0][1] == keys[1][1] {
		t.Fatalf("the start names the keys %v:\n%s", keys, p.stdout)
	}
	for key, want := range map[string]int{
		keys[0][1]: http.StatusOK, keys[1][1]: http.StatusOK, "": http.StatusForbidden, keys[0][1] + "x": http.StatusForbidden,
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.submitURL, strings.NewReader(`{"a":1}`))
		must(t, err)
		request.Header.Set("Content-Type", "application/json")
		if key != "" {
			request.Header.Set("X-Api-Key", key)
		}
		response, err := http.DefaultClient.Do(request)
		must(t, err)
		must(t, response.Body.Close())
		if response.StatusCode != want {
			t.Errorf("the key %q is answered with %d, want %d", key, response.StatusCode, want)
		}
		if response.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("the answer to the key %q has no CORS headers", key)
		}
	}
}
