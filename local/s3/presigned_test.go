package s3_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cdk.tf/go/ingest/local/s3"
)

// A signer moves headers to the query of a presigned request, as boto3 and the SDK for JavaScript do.
func TestPresignedHeadersAreInTheQuery(t *testing.T) {
	w := newWorld(t)
	v2 := fmt.Sprintf("AWSAccessKeyId=test&Signature=s&Expires=%d", start.Unix()+60)
	v4 := "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD&X-Amz-Credential=test%2F20260701%2Fus-east-1%2Fs3%2Faws4_request" +
		"&X-Amz-Security-Token=t&X-Amz-Signature=s&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Date=" + start.UTC().Format("20060102T150405Z")
	const binary = "Content-Type: binary/octet-stream"
	const ofNothing = "&x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32&x-id=PutObject"
	for i, test := range []struct {
		query, header string
		status        int
		want, says    string // headers of the object, or what the error says
	}{
		{v4 + ofNothing + "&x-amz-meta-sender=shop%20a", "", 200, binary + "\nx-amz-meta-sender: shop a", ""},
		{v4 + "&x-amz-meta-sender=shop", "X-Amz-Meta-Sender: page", 200, binary + "\nx-amz-meta-sender: page", ""},
		{v4 + "&X-Amz-Tagging=a%3Db", "", 501, "", "x-amz-tagging"},
		{v2 + "&x-amz-meta-sender=shop&content-type=text%2Fplain", "", 200, "Content-Type: text/plain\nx-amz-meta-sender: shop", ""},
		{v2 + "&x-amz-meta-sender=shop&content-md5=AAAAAAAAAAAAAAAAAAAAAA%3D%3D", "", 400, "", "BadDigest"},
		{v4 + "&x-amz-acl=public-read", "", 501, "", "x-amz-acl public-read"},
		{v4 + "&x-amz-storage-class=GLACIER", "", 501, "", "x-amz-storage-class GLACIER"},
		{"x-amz-meta-sender=shop", "", 200, binary, ""},
	} {
		path := fmt.Sprintf("/events/a%d", i)
		put := serve(t, w.service, http.MethodPut, path+"?"+test.query, "text", "Content-Length: 4", test.header)
		if put.Code != test.status || !strings.Contains(put.Body.String(), test.says) {
			t.Errorf("%s: %d %s", test.query, put.Code, put.Body)
		}
		if test.want == "" {
			continue
		}
		is := serve(t, w.service, http.MethodHead, path, "").Result().Header
		var shown []string
		for _, name := range []string{"Content-Type", "x-amz-meta-sender"} {
			if value := strings.Join(is[name], ","); value != "" {
				shown = append(shown, name+": "+value)
			}
		}
		if strings.Join(shown, "\n") != test.want {
			t.Errorf("%s: the object has %q, not %q", test.query, shown, test.want)
		}
	}
}

// A presigned copy has its source in the query.
func TestPresignedCopy(t *testing.T) {
	w := newWorld(t)
	w.put("a", "text")
	query := fmt.Sprintf("?x-amz-copy-source=events%%2Fa&AWSAccessKeyId=test&Signature=s&Expires=%d", start.Unix()+60)
	if copied := serve(t, w.service, http.MethodPut, "/events/b"+query, ""); copied.Code != http.StatusOK {
		t.Fatalf("%d %s", copied.Code, copied.Body)
	}
	if got := serve(t, w.service, http.MethodGet, "/events/b", ""); got.Body.String() != "text" {
		t.Errorf("the copy is %q", got.Body)
	}
}

// A presigned write that may only create, or only replace what its signer saw, has its condition in the query.
func TestPresignedConditions(t *testing.T) {
	w := newWorld(t)
	w.put("a", "text")
	signed := "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=test%2F20260701%2Fus-east-1%2Fs3%2Faws4_request" +
		"&X-Amz-Signature=s&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Date=" + start.UTC().Format("20060102T150405Z")
	for _, condition := range []string{"&If-None-Match=%2A", "&if-none-match=%2A", "&If-Match=d41d8cd98f00b204e9800998ecf8427e"} {
		put := serve(t, w.service, http.MethodPut, "/events/a"+signed+condition, "other", "Content-Length: 5")
		if put.Code != http.StatusPreconditionFailed {
			t.Errorf("%s: %d %s", condition, put.Code, put.Body)
		}
	}
	if got := serve(t, w.service, http.MethodGet, "/events/a", ""); got.Body.String() != "text" {
		t.Errorf("the object is %q now", got.Body)
	}
	if put := serve(t, w.service, http.MethodPut, "/events/b"+signed+"&If-None-Match=%2A", "new", "Content-Length: 3"); put.Code != http.StatusOK {
		t.Errorf("a new object: %d %s", put.Code, put.Body)
	}
}

// The regions that began after January 2014 have only signature version 4.
func TestSignatureVersion2(t *testing.T) {
	for region, want := range map[string]int{"us-east-1": http.StatusOK, "eu-west-1": http.StatusOK, "eu-central-1": http.StatusBadRequest} {
		service, err := s3.Open(s3.Options{Dir: t.TempDir(), Region: region})
		if err != nil {
			t.Fatal(err)
		}
		defer service.Close() //nolint:errcheck // it is a test's
		for _, version2 := range []*httptest.ResponseRecorder{
			serve(t, service, http.MethodGet, "/", "", "Authorization: AWS test:signature"),
			serve(t, service, http.MethodGet, "/?AWSAccessKeyId=test&Signature=s&Expires=9999999999", ""),
		} {
			if refused := strings.Contains(version2.Body.String(), "Please use AWS4-HMAC-SHA256."); version2.Code != want || refused != (want != http.StatusOK) {
				t.Errorf("%s: %d %s", region, version2.Code, version2.Body)
			}
		}
	}
}
