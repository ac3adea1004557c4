package identity

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSources(t *testing.T) {
	for name, test := range map[string]struct {
		authorizer map[string]any
		want       []Source
	}{
		"the provider's default": {map[string]any{"type": "REQUEST"}, []Source{{"header", "Authorization"}}},
		"none":                   {map[string]any{"identity_source": ""}, nil},
		"several": {
			map[string]any{"identity_source": "method.request.header.X-Client, method.request.querystring.t,context.identity.sourceIp"},
			[]Source{{"header", "X-Client"}, {"query", "t"}},
		},
		"no name": {map[string]any{"identity_source": "method.request.header."}, nil},
	} {
		if diff := cmp.Diff(test.want, Sources(test.authorizer)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
