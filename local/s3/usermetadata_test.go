package s3_test

import (
	"net/http"
	"strings"
	"testing"
)

// The values are recorded on AWS (localstack's test_user_metadata_rfc2047_encoded).
func TestUserMetadataIsEncoded(t *testing.T) {
	w := newWorld(t)
	long := strings.Repeat("é", 60)
	for given, want := range map[string]string{
		"":                            "",
		"shop a":                      "shop a",
		"ÄMÄZÕÑ S3":                   "=?UTF-8?Q?=C3=84M=C3=84Z=C3=95=C3=91_S3?=",
		"test_—_file%E2%80%94_é_2?.p": "=?UTF-8?Q?test=5F=E2=80=94=5Ffile%E2%80%94=5F=C3=A9=5F2=3F.p?=",
		"=?UTF-8?Q?actually-ascii?=":  "actually-ascii",
		"=?UTF-8?B?YWJj?=":            "abc",
		"=?UTF-8?B?AAECAw==?=":        "=?UTF-8?B?AAECAw==?=",
		"=?x?Q?a?=":                   "=?x?Q?a?=",
		long:                          "=?UTF-8?Q?" + strings.Repeat("=C3=A9", 60) + "?=",
	} {
		put := serve(t, w.service, http.MethodPut, "/events/a", "text", "Content-Length: 4", "X-Amz-Meta-Sender: "+given)
		got := serve(t, w.service, http.MethodHead, "/events/a", "").Result().Header["x-amz-meta-sender"] //nolint:staticcheck // S3 writes it in lower case
		if put.Code != http.StatusOK || len(got) != 1 || got[0] != want {
			t.Errorf("%q: %d, %q, want %q", given, put.Code, got, want)
		}
	}
	if put := serve(t, w.service, http.MethodPut, "/events/a", "text", "Content-Length: 4", "X-Amz-Meta-Sender: \xe9"); put.Code != http.StatusBadRequest ||
		!strings.Contains(put.Body.String(), "x-amz-meta-sender is") {
		t.Errorf("not UTF-8: %d %s", put.Code, put.Body)
	}
}
