package s3_test

import (
	"bytes"
	"crypto/md5" //nolint:gosec // S3's own checksum
	"encoding/base64"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cdk.tf/go/ingest/local/s3"
)

func serve(t *testing.T, service *s3.Service, method, path, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	if strings.HasSuffix(path, "?delete") && strings.Join(header, "") == "" { // each SDK sends a digest with a DeleteObjects
		r.Header.Set("Content-Md5", digest(body))
	}
	w := httptest.NewRecorder()
	service.Handler().ServeHTTP(w, r)
	return w
}

func digest(body string) string {
	sum := md5.Sum([]byte(body)) //nolint:gosec // S3's own checksum
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Outside us-east-1 a bucket cannot be created twice.
func TestABucketIsMadeOnceElsewhere(t *testing.T) {
	service, err := s3.Open(s3.Options{Dir: t.TempDir(), Region: "eu-central-1"})
	if err != nil {
		t.Fatal(err)
	}
	defer service.Close() //nolint:errcheck // it is a test's
	const there = "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>"
	if w := serve(t, service, http.MethodPut, "/events", there); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := serve(t, service, http.MethodPut, "/events", there); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "BucketAlreadyOwnedByYou") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := serve(t, service, http.MethodPut, "/other", ""); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "The unspecified location constraint is incompatible") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	elsewhere := strings.ReplaceAll(there, "central", "west")
	if w := serve(t, service, http.MethodPut, "/other", elsewhere); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "<Code>IllegalLocationConstraintException</Code><Message>The eu-west-1 location") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := serve(t, service, http.MethodGet, "/events?location", ""); !strings.Contains(w.Body.String(), ">eu-central-1</LocationConstraint>") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// S3 gives names with dots, also those with short labels between them.
func TestABucketWithDots(t *testing.T) {
	w := newWorld(t)
	if err := w.service.Declare(s3.Config{Name: "ok.bucket"}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ method, path, body, want string }{
		{"PUT", "/a.b.c", "", ""}, {"PUT", "/ok.bucket/events/a", "text", ""}, {"GET", "/ok.bucket/events/a", "", "text"},
		{"GET", "/ok.bucket?list-type=2", "", "<Key>events/a</Key>"}, {"GET", "/", "", "<Name>ok.bucket</Name>"}, {"DELETE", "/a.b.c", "", ""},
	} {
		if got := serve(t, w.service, test.method, test.path, test.body, "Content-Length: "+strconv.Itoa(len(test.body))); got.Code >= 300 || !strings.Contains(got.Body.String(), test.want) {
			t.Errorf("%s %s: %d %s", test.method, test.path, got.Code, got.Body)
		}
	}
}

// What CreateBucket and CopyObject ask for is refused if it would be dropped.
func TestOptionsOfBucketsAndCopies(t *testing.T) {
	w := newWorld(t)
	w.put("a", "x")
	const wish = "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">%s</CreateBucketConfiguration>"
	for _, test := range []struct {
		path, body, header string
		status             int
		want               string
	}{
		{"/other", fmt.Sprintf(wish, "<LocationConstraint>eu-west-1</LocationConstraint>"), "", 501, "bucket in another region (eu-west-1; the stack&#39;s is us-east-1) is not imitated"},
		{"/other", fmt.Sprintf(wish, "<LocationConstraint>us-east-1</LocationConstraint>"), "", 400, "<Code>InvalidLocationConstraint</Code>"},
		{"/other", fmt.Sprintf(wish, "<Tags><Tag><Key>k</Key></Tag></Tags>"), "", 501, "Tags, Location or Bucket in CreateBucket is not"},
		{"/xn--other", "", "", 400, "<Code>InvalidBucketName</Code><Message>The specified bucket is not valid.</Message><BucketName>xn--other</BucketName>"},
		{"/My", "", "", 400, "<Code>InvalidBucketName</Code>"},
		{"/other--x-s3", "", "", 400, "<Code>InvalidBucketName</Code>"},
		{"/other", "<", "", 400, "<Code>MalformedXML</Code>"},
		{"/other", "", "X-Amz-Bucket-Object-Lock-Enabled: True", 501, "x-amz-bucket-object-lock-enabled True is not imitated"},
		{"/other", "", "X-Amz-Object-Ownership: ObjectWriter", 501, "x-amz-object-ownership ObjectWriter is not imitated"},
		{"/other", "", "X-Amz-Bucket-Namespace: account-regional", 501, "x-amz-bucket-namespace account-regional is not imitated"},
		{"/events/b", "", "X-Amz-Server-Side-Encryption: AES", 400, "<Code>InvalidEncryptionAlgorithmError</Code><Message>The encryption request that you specified is not valid: x-amz-server-side-encryption is AES; use one of AES256,"},
		{"/events/b", "", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id: k", 400, "requires HTTP header x-amz-server-side-encryption : aws:kms"},
		{"/events/b?uploadId=none", "", "", 400, "Part number must be an integer between 1 and 10000"},
		{"/events/b", "", "X-Amz-Server-Side-Encryption-Customer-Algorithm: AES256", 501, "x-amz-server-side-encryption-customer-algorithm is not imitated"},
		{"/events/b", "", "X-Amz-Copy-Source-Server-Side-Encryption-Customer-Algorithm: AES256", 501, "x-amz-copy-source-server-side-encryption-customer-algorithm is not"},
		{"/events/b", "", "X-Amz-Metadata-Directive: FOO", 400, "<Code>InvalidArgument</Code><Message>Unknown metadata directive.</Message>"},
		{"/events/a", "", "X-Other: x", 400, "<Code>InvalidRequest</Code><Message>This copy request is illegal because"},
		{"/events/b", "", "X-Amz-Tagging-Directive: FOO", 400, "<Code>InvalidArgument</Code><Message>Unknown tagging directive.</Message>"},
	} {
		got := serve(t, w.service, "PUT", test.path, test.body, test.header, "X-Amz-Copy-Source: /events/a")
		if got.Code != test.status || !strings.Contains(got.Body.String(), test.want) {
			t.Errorf("%+v: %d %s", test, got.Code, got.Body)
		}
	}
	if got := serve(t, w.service, "GET", "/events/a", "", "X-Amz-Server-Side-Encryption-Customer-Algorithm: AES256"); got.Code != http.StatusNotImplemented {
		t.Errorf("a read with a customer's key: %d %s", got.Code, got.Body)
	}
	if got := serve(t, w.service, "HEAD", "/other", ""); got.Code != http.StatusNotFound || !slices.Equal(w.files("events"), []string{"a"}) {
		t.Errorf("a bucket or an object was made: %d %v", got.Code, w.files("events"))
	}
	if got := serve(t, w.service, "PUT", "/other", fmt.Sprintf(wish, ""), "X-Amz-Bucket-Object-Lock-Enabled: false"); got.Code != http.StatusOK {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}

// A body with a wrong checksum, in a header or a trailer, is refused and leaves the object as it was.
func TestWrongChecksums(t *testing.T) {
	w := newWorld(t)
	w.put("a", "before")
	const chunked = "4\r\ntext\r\n0\r\nx-amz-checksum-crc32:"
	streaming := []string{"X-Amz-Content-Sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER", "X-Amz-Decoded-Content-Length: 4", "X-Amz-Trailer: x-amz-checksum-crc32", "Content-Length: 46"}
	for _, test := range []struct {
		name, body string
		header     []string
		status     int
		code       string
	}{
		{"a trailer", chunked + "AAAAAA==\r\n\r\n", streaming, 400, "BadDigest"},
		{"no trailer", "4\r\ntext\r\n0\r\n\r\n", streaming, 400, "MalformedTrailerError"},
		{"another trailer that is missing", "4\r\ntext\r\n0\r\n\r\n", slices.Concat(streaming, []string{"X-Amz-Trailer: x-amz-meta-last"}), 400, "MalformedTrailerError"},
		{"an undeclared trailer", chunked + "O4unxw==\r\n\r\n", slices.Concat(streaming, []string{"X-Amz-Trailer: "}), 400, "MalformedTrailerError"},
		{"two kinds", "text", []string{"Content-Length: 4", "X-Amz-Checksum-Crc32: O4unxw==", "X-Amz-Checksum-Sha1: NyNLwKQlRrEv3E8UvI6c7hy6c3I="}, 400, "leave one of x-amz-checksum-crc32 and x-amz-checksum-sha1 out"},
		{"an algorithm alone", "text", []string{"Content-Length: 4", "X-Amz-Sdk-Checksum-Algorithm: CRC32"}, 400, "no corresponding x-amz-checksum-*"},
		{"another algorithm", "text", []string{"Content-Length: 4", "X-Amz-Sdk-Checksum-Algorithm: SHA1", "X-Amz-Checksum-Crc32: O4unxw=="}, 400, "it is SHA1, and the checksum is x-amz-checksum-crc32"},
		{"an unknown encoding", "4\r\ntext\r\n0\r\n\r\n", slices.Concat(streaming, []string{"X-Amz-Content-Sha256: STREAMING-PAYLOAD"}), 400, "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-"},
		{"no checksum", "text", []string{"Content-Length: 4", "X-Amz-Checksum-Crc32: x"}, 400, "InvalidRequest"},
		{"an empty one", "text", []string{"Content-Length: 4", "X-Amz-Checksum-Crc32: "}, 400, "Value for x-amz-checksum-crc32 header is invalid"},
		{"a trailer beside its header", chunked + "O4unxw==\r\n\r\n", slices.Concat(streaming, []string{"X-Amz-Checksum-Crc32: O4unxw=="}), 400, "Expecting a single x-amz-checksum- header"},
		{"a trailer without a value", "4\r\ntext\r\n0\r\nx-amz-checksum-crc32\r\n\r\n", streaming, 400, "MalformedTrailerError"},
		{"a payload's", "text", []string{"Content-Length: 4", "X-Amz-Content-Sha256: " + strings.Repeat("0", 64)}, 400, "XAmzContentSHA256Mismatch"},
		{"an unknown one", "text", []string{"Content-Length: 4", "X-Amz-Checksum-Xxhash64: AAAAAAAAAAA="}, 501, "NotImplemented"},
		{"a right trailer", chunked + "O4unxw==\r\n\r\n", slices.Concat(streaming, []string{"X-Amz-Sdk-Checksum-Algorithm: crc32"}), 200, ""},
	} {
		if got, _ := w.get("a"); got != "before" {
			t.Fatalf("before %s it holds %q", test.name, got)
		}
		got := serve(t, w.service, http.MethodPut, "/events/a", test.body, test.header...)
		if got.Code != test.status || !strings.Contains(got.Body.String(), test.code) {
			t.Errorf("%s: %d %s", test.name, got.Code, got.Body)
		}
	}
	if got, _ := w.get("a"); got != "text" {
		t.Errorf("it holds %q", got)
	}
}

// A session token does not count as metadata of the object.
func TestALongTokenIsNotMetadata(t *testing.T) {
	w := newWorld(t)
	got := serve(t, w.service, http.MethodPut, "/events/a", "text", "Content-Length: 4", "X-Amz-Security-Token: "+strings.Repeat("x", 4000), "X-Amz-Meta-A: b")
	if got.Code != http.StatusOK {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	if read := serve(t, w.service, http.MethodGet, "/events/a", ""); !slices.Contains(slices.Collect(maps.Keys(read.Header())), "x-amz-meta-a") {
		t.Errorf("%v", read.Header())
	}
}

// Each error has S3's message and names what is missing.
func TestErrorsHaveMessages(t *testing.T) {
	w := newWorld(t)
	w.put("a", "x")
	id := *w.begin("u")
	const source = "X-Amz-Copy-Source: "
	for _, test := range []struct {
		method, path, header string
		status               int
		want                 string
	}{
		{"GET", "/events/none", "", 404, "<Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>none</Key><Resource>"},
		{"PUT", "/events/b", source + "/events/none", 404, "<Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>none</Key><Resource>"},
		{"GET", "/nope", "", 404, "<Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message><BucketName>nope</BucketName><Resource>"},
		{"DELETE", "/events", "", 409, "<Code>BucketNotEmpty</Code><Message>The bucket you tried to delete is not empty</Message><BucketName>events</BucketName><Resource>/events</Resource><RequestId>"},
		{"GET", "/events/a", "Range: bytes=5-", 416, "<Code>InvalidRange</Code><Message>The requested range is not satisfiable</Message>"},
		{"PUT", "/events/" + strings.Repeat("k", 1025), "Content-Length: 0", 400, "<Code>KeyTooLongError</Code><Message>Your key is too long</Message>"},
		{"PUT", "/events/b", "Content-Md5: x", 400, "<Code>InvalidDigest</Code><Message>The Content-MD5 you specified was invalid.</Message>"},
		{"PUT", "/events/b", "", 411, "<Code>MissingContentLength</Code><Message>You must provide the Content-Length HTTP header.</Message>"},
		{"PATCH", "/events/b", "", 405, "<Code>MethodNotAllowed</Code><Message>The specified method is not allowed against this resource.</Message>"},
		{"PUT", "/", "", 405, "<Code>MethodNotAllowed</Code>"},
		{"DELETE", "/events/u?uploadId=none", "", 404, "<Code>NoSuchUpload</Code><Message>The specified upload does not exist. The upload ID may be invalid"},
		{"PUT", "/events/u?partNumber=0&uploadId=" + id, "", 400, "<Code>InvalidArgument</Code><Message>Part number must be an integer between 1 and 10000, inclusive</Message>"},
		{"PUT", "/events/u?partNumber=10001&uploadId=" + id, source + "/events/a", 400, "<Code>InvalidArgument</Code><Message>Part number"},
		{"GET", "/events/u?max-parts=-1&uploadId=" + id, "", 400, "<Code>InvalidArgument</Code><Message>Argument max-parts must be an integer between 0 and 2147483647</Message>"},
		{"GET", "/events?max-uploads=x&uploads", "", 400, "<Code>InvalidArgument</Code><Message>Provided max-uploads not an integer or within integer range</Message>"},
		{"GET", "/events?max-uploads=2157483647&uploads", "", 400, "Provided max-uploads not an integer or within integer range"},
		{"GET", "/events?max-uploads=-1&uploads", "", 400, "Argument max-uploads must be an integer between 0 and 2147483647"},
		{"POST", "/events/u?uploadId=" + id, "", 400, "<Code>InvalidRequest</Code><Message>You must specify at least one part</Message>"},
		{"POST", "/events?delete", "", 400, "<Code>MalformedXML</Code><Message>The XML you provided was not well-formed or did not validate against our published schema (EOF)"},
		{"DELETE", "/events/a", "X-Amz-If-Match-Size: 9", 501, "<Message>S3&#39;s x-amz-if-match-size 9 is not imitated"},
		{"DELETE", "/events/a", "X-Amz-If-Match-Last-Modified-Time: Sat, 28 Nov 2020 22:13:24 GMT", 501, "<Message>S3&#39;s x-amz-if-match-last-modified-time Sat"},
		{"GET", "/events/a", "X-Amz-Content-Sha256: abc", 400, "<Code>InvalidArgument</Code><Message>x-amz-content-sha256 must be UNSIGNED-PAYLOAD"},
		{"GET", "/events/a", "", 200, "x"},
		{"OPTIONS", "/events", "", 403, "<Code>AccessForbidden</Code><Message>CORSResponse"},
		{"HEAD", "/events/none", "", 404, ""},
	} {
		header := []string{test.header}
		if strings.HasPrefix(test.header, "Content-Md5") {
			header = append(header, "Content-Length: 0")
		}
		got := serve(t, w.service, test.method, test.path, "", header...)
		if got.Code != test.status || !strings.Contains(got.Body.String(), test.want) || test.want == "" && got.Body.Len() > 0 {
			t.Errorf("%s %s: %d %s\nwant %d %s", test.method, test.path, got.Code, got.Body, test.status, test.want)
		}
		if got.Header().Get("X-Amz-Request-Id") == "" {
			t.Errorf("%s %s: the answer has no id", test.method, test.path)
		}
	}
}

// A call that expects another account's bucket is refused, and changes nothing.
func TestAnotherOwnersBucket(t *testing.T) {
	w := newWorld(t)
	w.put("a", "x")
	const other, source = "X-Amz-Expected-Bucket-Owner: 123456789012", "X-Amz-Source-Expected-Bucket-Owner: 123456789012"
	for _, test := range []struct{ method, path, header string }{
		{"GET", "/events/a", other}, {"HEAD", "/events/a", other}, {"GET", "/events", other}, {"HEAD", "/events", other},
		{"GET", "/events/a?x-amz-expected-bucket-owner=123456789012", "X: y"},
		{"PUT", "/events/b", other}, {"DELETE", "/events/a", other}, {"DELETE", "/events", other}, {"POST", "/events/b?uploads", other}, {"PUT", "/events/b", source},
	} {
		got := serve(t, w.service, test.method, test.path, "", test.header, "X-Amz-Copy-Source: /events/a")
		if got.Code != http.StatusForbidden || test.method != "HEAD" && !strings.Contains(got.Body.String(), "<Code>AccessDenied</Code><Message>Access Denied: x-amz-") {
			t.Errorf("%+v: %d %s", test, got.Code, got.Body)
		}
	}
	if got := serve(t, w.service, "HEAD", "/events", "", "X-Amz-Expected-Bucket-Owner: 000000000000"); got.Code != http.StatusOK {
		t.Errorf("the right account: %d", got.Code)
	}
	if files := w.files("events"); !slices.Equal(files, []string{"a"}) {
		t.Errorf("there are %v", files)
	}
}

// The answers about a bucket name its region.
func TestTheBucketsRegion(t *testing.T) {
	service, err := s3.Open(s3.Options{Dir: t.TempDir(), Region: "eu-central-1"})
	if err != nil {
		t.Fatal(err)
	}
	defer service.Close() //nolint:errcheck // it is a test's
	if err := service.Declare(s3.Config{Name: "events"}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ method, path, header, want string }{
		{"HEAD", "/events", "X: y", "eu-central-1"},
		{"HEAD", "/events", "X-Amz-Expected-Bucket-Owner: 123456789012", "eu-central-1"},
		{"GET", "/events?list-type=2", "X: y", "eu-central-1"},
		{"HEAD", "/absent", "X: y", ""},
		{"GET", "/", "X: y", ""},
	} {
		if got := serve(t, service, test.method, test.path, "", test.header).Header().Get("X-Amz-Bucket-Region"); got != test.want {
			t.Errorf("%s %s: %q, want %q", test.method, test.path, got, test.want)
		}
	}
}

// A request that is signed for another region is refused with the right one; an unsigned one has none.
func TestSignedForAnotherRegion(t *testing.T) {
	w := newWorld(t)
	const scope = "AWS4-HMAC-SHA256 Credential=key/20260101/%s/s3/aws4_request, SignedHeaders=host, Signature=x"
	const message = "the region &#39;eu-west-1&#39; is wrong; expecting &#39;us-east-1&#39;</Message><Region>us-east-1</Region>"
	for _, test := range []struct {
		method, path, authorization string
		status                      int
		want                        string
	}{
		{"GET", "/events", fmt.Sprintf(scope, "eu-west-1"), 400, "<Code>AuthorizationHeaderMalformed</Code><Message>The authorization header is malformed; " + message},
		{"PUT", "/events/a", fmt.Sprintf(scope, "eu-west-1"), 400, message},
		{"HEAD", "/events/a", fmt.Sprintf(scope, "eu-west-1"), 400, ""},
		{"GET", "/events/a?X-Amz-Credential=key/20260101/eu-west-1/s3/aws4_request", "", 400, "<Code>AuthorizationQueryParametersError</Code><Message>Error parsing the X-Amz-Credential parameter; " + message},
		{"GET", "/events", fmt.Sprintf(scope, "us-east-1"), 200, "<Name>events</Name>"},
		{"GET", "/events", "AWS4-ECDSA-P256-SHA256 Credential=key/20260101/s3/aws4_request, Signature=x", 200, "<Name>events</Name>"},
		{"GET", "/events", "", 200, "<Name>events</Name>"},
	} {
		got := serve(t, w.service, test.method, test.path, "", "Authorization: "+test.authorization)
		if got.Code != test.status || !strings.Contains(got.Body.String(), test.want) || got.Header().Get("X-Amz-Bucket-Region") != "us-east-1" {
			t.Errorf("%s %s: %d %v %s", test.method, test.path, got.Code, got.Header(), got.Body)
		}
	}
	if files := w.files("events"); len(files) != 0 {
		t.Errorf("there are %v", files)
	}
}

// A credential that names no region and service is refused: a URL whose credential was encoded twice, or a header that was cut off.
func TestMalformedCredentials(t *testing.T) {
	w := newWorld(t)
	w.put("a", "x")
	const words = "; the Credential is mal-formed; expecting &#34;&lt;YOUR-AKID&gt;/YYYYMMDD/REGION/SERVICE/aws4_request&#34;."
	for _, test := range []struct{ query, authorization, want string }{
		{"?X-Amz-Credential=key%252F20260101%252Fus-east-1%252Fs3%252Faws4_request", "", "<Code>AuthorizationQueryParametersError</Code><Message>Error parsing the X-Amz-Credential parameter" + words},
		{"?X-Amz-Credential=", "", "<Code>AuthorizationQueryParametersError</Code>"},
		{"", "AWS4-HMAC-SHA256 Credential=key, SignedHeaders=host, Signature=x", "<Code>AuthorizationHeaderMalformed</Code><Message>The authorization header is malformed" + words},
		{"", "AWS4-HMAC-SHA256", "<Code>AuthorizationHeaderMalformed</Code>"},
	} {
		if got := serve(t, w.service, http.MethodGet, "/events/a"+test.query, "", "Authorization: "+test.authorization); got.Code != 400 || !strings.Contains(got.Body.String(), test.want) {
			t.Errorf("%s %s: %d %s", test.query, test.authorization, got.Code, got.Body)
		}
	}
}

// A presigned request is good for as long as it says, at most a week.
func TestPresignedRequestsExpire(t *testing.T) {
	w := newWorld(t)
	w.put("a", "x")
	date := start.Format("20060102T150405Z")
	of := func(date, seconds string) string {
		return "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=test%2F20260307%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-SignedHeaders=host" +
			"&X-Amz-Signature=s&X-Amz-Date=" + date + "&X-Amz-Expires=" + seconds
	}
	v2 := fmt.Sprintf("AWSAccessKeyId=test&Signature=s&Expires=%d", start.Unix()+60)
	w.clock.Advance(time.Minute)
	for _, test := range []struct {
		query  string
		status int
		want   string
	}{
		{of(date, "60"), 200, "x"}, {v2, 200, "x"}, {of(date, "604800"), 200, "x"},
		{strings.Replace(of(date, "60"), "AWS4-HMAC-SHA256", "AWS4-HMAC", 1), 400, "X-Amz-Algorithm is &#34;AWS4-HMAC&#34;; it only supports AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"},
		{of(date, "59"), 403, "<Code>AccessDenied</Code><Message>Request has expired</Message>"},
		{of(date, "0"), 403, "<Message>Request has expired</Message>"},
		{strings.Replace(v2, "AWSAccessKeyId", "x", 1), 403, "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"},
		{"AWSAccessKeyId=test&Signature=s", 403, "(Expires is missing)"},
		{"AWSAccessKeyId=test&Signature=s&Expires=soon", 403, "Invalid date (should be seconds since epoch): soon"},
		{strings.Replace(of(date, "60"), "X-Amz-Signature", "x", 1), 400, "AuthorizationQueryParametersError"},
		{strings.Replace(of(date, "60"), "X-Amz-Date", "x", 1), 400, "Query-string authentication version 4 requires the X-Amz-Algorithm"},
		{fmt.Sprintf("AWSAccessKeyId=test&Signature=s&Expires=%d", start.Unix()+59), 403, "<Message>Request has expired</Message>"},
		{of(start.Add(17*time.Minute).UTC().Format("20060102T150405Z"), "60"), 403, "Request is not yet valid: X-Amz-Date is "},
		{of(start.Add(15*time.Minute).UTC().Format("20060102T150405Z"), "60"), 200, "x"},
		{of(date, "604801"), 400, "<Code>AuthorizationQueryParametersError</Code><Message>X-Amz-Expires is &#34;604801&#34;; it must be"},
		{of(date, "-1"), 400, "X-Amz-Expires is"}, {of(date, "soon"), 400, "X-Amz-Expires is"}, {of(date, ""), 400, "X-Amz-Expires is"},
		{of("today", "60"), 400, "X-Amz-Date is &#34;today&#34;; it must be"},
	} {
		got := serve(t, w.service, "GET", "/events/a?"+test.query, "")
		if got.Code != test.status || !strings.Contains(got.Body.String(), test.want) {
			t.Errorf("%s: %d %s", test.query, got.Code, got.Body)
		}
	}
	serve(t, w.service, "DELETE", "/events/a?"+of(date, "59"), "")
	if got, _ := w.get("a"); got != "x" {
		t.Errorf("an expired request deleted it")
	}
}

// A condition that does not hold is no error of the server, so nothing is logged.
func TestNotModifiedLogsNothing(t *testing.T) {
	var logged bytes.Buffer
	service, err := s3.Open(s3.Options{Dir: t.TempDir(), Logger: slog.New(slog.NewTextHandler(&logged, nil))})
	if err == nil {
		err = service.Declare(s3.Config{Name: "events"})
	}
	if err == nil {
		err = service.Put(t.Context(), "events", "a", []byte("x"), "", "")
	}
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(service.Handler())
	defer server.Close()
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/events/a", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("If-None-Match", "*")
		answer, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusNotModified {
			t.Errorf("%s: %s, %v", method, answer.Status, err)
		}
	}
	if logged.Len() > 0 {
		t.Errorf("logged: %s", &logged)
	}
}

// A key with a "%" that a client has not encoded is its error, not one of the service, after which it would try again.
func TestSourcesOfCopies(t *testing.T) {
	w := newWorld(t)
	w.put("100% a", "text")
	for _, test := range []struct {
		source string
		status int
		says   string
	}{
		{"events/100%25%20a", 200, ""}, {"/events/100%25+a", 200, ""},
		{"events/100% a", 400, `x-amz-copy-source is &#34;events/100% a&#34;; it must be BUCKET/KEY in URL encoding, in which a &#34;%&#34; is %25`},
		{"events", 400, "InvalidArgument"}, {"/", 400, "InvalidArgument"}, {"events/", 400, "InvalidArgument"}, {"//a", 400, "InvalidArgument"},
		{"arn:aws:s3:us-east-1:000000000000:accesspoint/a/object/b", 501, "access point"},
		{"/arn%3aaws%3as3:us-east-1:000000000000:accesspoint/a/object/b", 501, "access point"},
	} {
		for _, path := range []string{"/events/b", "/events/b?partNumber=1&uploadId=" + *w.begin("b")} {
			if got := serve(t, w.service, http.MethodPut, path, "", "X-Amz-Copy-Source: "+test.source); got.Code != test.status || !strings.Contains(got.Body.String(), test.says) {
				t.Errorf("%s from %q: %d %s", path, test.source, got.Code, got.Body)
			}
		}
	}
}
