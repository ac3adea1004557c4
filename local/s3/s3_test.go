package s3_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/jonboulle/clockwork"

	"cdk.tf/go/ingest/local/s3"
)

var start = time.Date(2026, time.March, 7, 15, 4, 5, 0, time.UTC)

type world struct {
	*testing.T
	dir     string
	clock   *clockwork.FakeClock
	service *s3.Service
	server  *httptest.Server
	client  *awss3.Client
}

// newWorld is a service with one bucket, "events", and a client of AWS's SDK.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, dir: t.TempDir(), clock: clockwork.NewFakeClockAt(start)}
	w.open()
	w.must(w.service.Declare(s3.Config{Name: "events"}))
	return w
}

// open opens the folder, perhaps a second time.
func (w *world) open() {
	w.Helper()
	service, err := s3.Open(s3.Options{Dir: w.dir, Clock: w.clock})
	w.must(err)
	w.service = service
	w.server = httptest.NewServer(service.Handler())
	w.Cleanup(w.server.Close)
	w.client = awss3.New(awss3.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(w.server.URL), UsePathStyle: true, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
	})
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) put(key, content string) {
	w.Helper()
	_, err := w.client.PutObject(w.Context(), &awss3.PutObjectInput{Bucket: aws.String("events"), Key: &key, Body: strings.NewReader(content)})
	w.must(err)
}

func (w *world) get(key string) (string, *awss3.GetObjectOutput) {
	w.Helper()
	out, err := w.client.GetObject(w.Context(), &awss3.GetObjectInput{Bucket: aws.String("events"), Key: &key})
	w.must(err)
	content, err := io.ReadAll(out.Body)
	w.must(err)
	w.must(out.Body.Close())
	return string(content), out
}

// files are all files below the bucket's folder.
func (w *world) files(under string) []string {
	w.Helper()
	var names []string
	w.must(filepath.WalkDir(filepath.Join(w.dir, under), func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name, _ := filepath.Rel(filepath.Join(w.dir, under), path)
			names = append(names, filepath.ToSlash(name))
		}
		return err
	}))
	return names
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode() + ": " + api.ErrorMessage()
	}
	return fmt.Sprint(err)
}

func TestPutIsAPlainFileAndAnObject(t *testing.T) {
	w := newWorld(t)
	const key, content = "events/year=2026/n-1.gz", "line\n\"quotes\" ünï\n"
	w.must(w.service.Put(t.Context(), "events", key, []byte(content), "application/octet-stream", "gzip"))
	onDisk, err := os.ReadFile(filepath.Join(w.dir, "events", key))
	w.must(err)
	if string(onDisk) != content {
		t.Errorf("the file holds %q", onDisk)
	}
	got, out := w.get(key)
	if got != content {
		t.Errorf("the object holds %q", got)
	}
	if *out.ContentType != "application/octet-stream" || *out.ContentEncoding != "gzip" || *out.ETag != fmt.Sprintf(`"%x"`, md5.Sum([]byte(content))) {
		t.Errorf("%s %s %s", *out.ContentType, *out.ContentEncoding, *out.ETag)
	}
	if !out.LastModified.Equal(start) {
		t.Errorf("modified %s, want %s", out.LastModified, start)
	}
	if names := w.files("events"); !slices.Equal(names, []string{key}) {
		t.Errorf("the bucket's folder holds %v", names)
	}
	if left := w.files(".tmp"); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestObjectsOutliveTheProcess(t *testing.T) {
	w := newWorld(t)
	_, err := w.client.PutObject(t.Context(), &awss3.PutObjectInput{
		Bucket: aws.String("events"), Key: aws.String("a"), Body: strings.NewReader("x"), ContentType: aws.String("text/plain"),
		ContentDisposition: aws.String("inline"), Metadata: map[string]string{"who": "me"},
	})
	w.must(err)
	w.open()
	w.must(w.service.Declare(s3.Config{Name: "events"}))
	got, out := w.get("a")
	if got != "x" || *out.ContentType != "text/plain" || *out.ContentDisposition != "inline" || out.Metadata["who"] != "me" {
		t.Errorf("%q %+v", got, out)
	}
	if len(out.Metadata) != 1 {
		t.Errorf("metadata %v: more than was given", out.Metadata)
	}
}

func TestContents(t *testing.T) {
	w := newWorld(t)
	for name, content := range map[string]string{
		"empty": "", "one mebibyte": strings.Repeat("0123456789abcdef", 1<<16), "lines": "a\nb\r\n\x00", "ünï/cödé+ &=?#%20": "x", "a b/c+d": "y",
	} {
		w.put(name, content)
		if got, _ := w.get(name); got != content {
			t.Errorf("%s: %d bytes came back as %d other ones", name, len(content), len(got))
		}
	}
}

func TestOverwriteAndDelete(t *testing.T) {
	w := newWorld(t)
	w.put("a/b/c", "one")
	w.put("a/b/c", "two2")
	got, out := w.get("a/b/c")
	if got != "two2" || *out.ContentLength != 4 {
		t.Errorf("%q", got)
	}
	if metas := w.files(".meta"); len(metas) != 1 {
		t.Errorf("metadata of two generations: %v", metas)
	}
	for range 2 { // the second time it does not exist
		_, err := w.client.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: aws.String("events"), Key: aws.String("a/b/c")})
		w.must(err)
	}
	_, err := w.client.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String("events"), Key: aws.String("a/b/c")})
	var absent *types.NoSuchKey
	if !errors.As(err, &absent) {
		t.Errorf("error %v, want NoSuchKey", err)
	}
	if _, err := os.Stat(filepath.Join(w.dir, "events", "a")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("empty folders are left: %v", err)
	}
	if metas := w.files(".meta"); len(metas) != 0 {
		t.Errorf("metadata is left: %v", metas)
	}
}

func TestFilesOfOthersAreObjects(t *testing.T) {
	w := newWorld(t)
	w.must(os.MkdirAll(filepath.Join(w.dir, "events", "by", "hand"), 0o755))
	w.must(os.WriteFile(filepath.Join(w.dir, "events", "by", "hand", "x"), []byte("hello"), 0o644))
	got, out := w.get("by/hand/x")
	if got != "hello" || *out.ContentType != "binary/octet-stream" || *out.ETag != `"5d41402abc4b2a76b9719d911017c592"` {
		t.Errorf("%q %s %s", got, *out.ContentType, *out.ETag)
	}
	w.put("edited", "before")
	w.must(os.WriteFile(filepath.Join(w.dir, "events", "edited"), []byte("hello"), 0o644))
	if _, out := w.get("edited"); *out.ETag != `"5d41402abc4b2a76b9719d911017c592"` {
		t.Errorf("ETag %s after an edit", *out.ETag)
	}
}

func TestRange(t *testing.T) {
	w := newWorld(t)
	w.put("a", "0123456789")
	w.put("empty", "")
	for _, test := range []struct{ key, header, want, content string }{
		{"a", "bytes=2-4", "bytes 2-4/10", "234"},
		{"a", "bytes=7-", "bytes 7-9/10", "789"},
		{"a", "bytes=0-99", "bytes 0-9/10", "0123456789"},
		{"a", "bytes=-3", "bytes 7-9/10", "789"},
		{"a", "bytes=-10", "bytes 0-9/10", "0123456789"},
		{"a", "bytes=-11", "bytes 0-9/10", "0123456789"},
		{"a", "bytes=-9223372036854775807", "bytes 0-9/10", "0123456789"},
		{"a", "bytes=-99999999999999999999", "bytes 0-9/10", "0123456789"},
		{"a", "bytes=3-99999999999999999999", "bytes 3-9/10", "3456789"},
		{"a", "bytes=99999999999999999999-", "", ""},
		{"a", "bytes=10-", "", ""},
		{"a", "bytes=-0", "", ""},
		{"empty", "bytes=-1", "", ""},
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			status, content := http.StatusPartialContent, test.content
			if test.want == "" {
				status = http.StatusRequestedRangeNotSatisfiable
			}
			if method == http.MethodHead {
				content = ""
			}
			got := serve(t, w.service, method, "/events/"+test.key, "", "Range: "+test.header)
			if got.Code != status || got.Header().Get("Content-Range") != test.want || status == http.StatusPartialContent && got.Body.String() != content {
				t.Errorf("%s %s of %s: %d %q %q, want %d %q %q", method, test.header, test.key, got.Code, got.Header().Get("Content-Range"), got.Body, status, test.want, content)
			}
		}
	}
}

// A range that is none, or several, is ignored.
func TestRangesThatAreIgnored(t *testing.T) {
	w := newWorld(t)
	w.put("a", "0123456789")
	for _, header := range []string{"bytes=0-1,4-5", "bytes=33-10", "bytes=x-y", "bytes=", "bytes=-", "bytes=1", "bytes=--1", "items=0-1", "0-1", "bytes=-1-4", "bytes=1-2-3"} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			got := serve(t, w.service, method, "/events/a", "", "Range: "+header)
			if got.Code != http.StatusOK || got.Header().Get("Content-Range") != "" || method == http.MethodGet && got.Body.String() != "0123456789" {
				t.Errorf("%s %s: %d %q %q", method, header, got.Code, got.Header().Get("Content-Range"), got.Body)
			}
		}
	}
}

func TestHeadAndCopy(t *testing.T) {
	w := newWorld(t)
	_, err := w.client.PutObject(t.Context(), &awss3.PutObjectInput{
		Bucket: aws.String("events"), Key: aws.String("from here+"), Body: strings.NewReader("hello"), ContentType: aws.String("text/plain"), Metadata: map[string]string{"k": "v"},
	})
	w.must(err)
	copied, err := w.client.CopyObject(t.Context(), &awss3.CopyObjectInput{Bucket: aws.String("events"), Key: aws.String("to/there"), CopySource: aws.String("events/from%20here%2B")})
	w.must(err)
	if *copied.CopyObjectResult.ETag != `"5d41402abc4b2a76b9719d911017c592"` {
		t.Errorf("ETag %s", *copied.CopyObjectResult.ETag)
	}
	head, err := w.client.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String("events"), Key: aws.String("to/there")})
	w.must(err)
	if *head.ContentLength != 5 || *head.ContentType != "text/plain" || head.Metadata["k"] != "v" {
		t.Errorf("%+v", head)
	}
	_, err = w.client.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String("events"), Key: aws.String("absent")})
	if !strings.HasPrefix(code(err), "NotFound") {
		t.Errorf("%v, want NotFound", err)
	}
}

func TestKeysThatAreNoFiles(t *testing.T) {
	w := newWorld(t)
	w.put("object", "x")
	w.put("folder/object", "x")
	long := strings.Repeat("x", 256)
	for key, want := range map[string]string{
		"a//b":          `InvalidArgument: the key "a//b" begins or ends with "/" or holds "//"; the local S3 stores objects as files, so choose another key`,
		"/a":            `InvalidArgument: the key "/a" begins or ends with "/" or holds "//"; the local S3 stores objects as files, so choose another key`,
		"a/":            `InvalidArgument: the key "a/" begins or ends with "/" or holds "//"; the local S3 stores objects as files, so choose another key`,
		"a/../b":        `InvalidArgument: the key "a/../b" has "." or ".." for a segment; the local S3 stores objects as files, so choose another key`,
		"../../x":       `InvalidArgument: the key "../../x" has "." or ".." for a segment; the local S3 stores objects as files, so choose another key`,
		"./x":           `InvalidArgument: the key "./x" has "." or ".." for a segment; the local S3 stores objects as files, so choose another key`,
		"a\x00b":        `InvalidArgument: the key "a\x00b" holds a character that XML, and so a listing, cannot hold; the local S3 stores objects as files, so choose another key`,
		"a\nb":          `InvalidArgument: the key "a\nb" holds a character that XML, and so a listing, cannot hold; the local S3 stores objects as files, so choose another key`,
		"a\xffb":        `InvalidArgument: the key "a\xffb" holds a character that XML, and so a listing, cannot hold; the local S3 stores objects as files, so choose another key`,
		"folder":        `InvalidArgument: the key "folder" is a folder of other objects; the local S3 stores objects as files, so choose another key`,
		"object/object": `InvalidArgument: a part of the key "object/object" before a "/" is an object; the local S3 stores objects as files, so choose another key`,
		"object/a/b":    `InvalidArgument: a part of the key "object/a/b" before a "/" is an object; the local S3 stores objects as files, so choose another key`,
		"a/" + long:     `KeyTooLongError: the key "a/` + long + `" has 256 bytes between two "/"; a file name has at most 255; the local S3 stores objects as files, so choose another key`,
	} {
		err := w.service.Put(t.Context(), "events", key, nil, "", "")
		wanted := "s3://events/" + key + ": " + want
		if err == nil || err.Error() != wanted {
			t.Errorf("%q: %v\nwant: %s", key, err, wanted)
		}
		request := &http.Request{Method: http.MethodPut, Header: http.Header{"Content-Length": {"0"}}, Body: http.NoBody}
		request.URL = mustURL(t, w.server.URL)
		request.URL.Path = "/events/" + key
		answer := httptest.NewRecorder()
		w.service.Handler().ServeHTTP(answer, request)
		wantCode, _, _ := strings.Cut(want, ":")
		if answer.Code != http.StatusBadRequest || !strings.Contains(answer.Body.String(), "<Code>"+wantCode+"</Code>") {
			t.Errorf("%q: %d %s", key, answer.Code, answer.Body)
		}
	}
	if err := w.service.Put(t.Context(), "events", strings.Repeat("x/", 512)+"x", nil, "", ""); err == nil || !strings.Contains(err.Error(), "KeyTooLongError") {
		t.Errorf("a key of 1025 bytes: %v", err)
	}
	if names := w.files("."); slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, ".tmp/") }) {
		t.Errorf("left over: %v", names)
	}
	if _, err := w.client.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String("events"), Key: aws.String("folder")}); !strings.HasPrefix(code(err), "NoSuchKey") {
		t.Errorf("reading a folder: %v, want NoSuchKey", err)
	}
}

func TestHiddenFoldersAreNoBuckets(t *testing.T) {
	w := newWorld(t)
	w.put("a", "x")
	for _, path := range []string{"/.meta", "/.tmp", "/..", "/.", "/.meta/events"} {
		request := &http.Request{Method: http.MethodGet, Header: http.Header{}, Body: http.NoBody, URL: mustURL(t, w.server.URL)}
		request.URL.Path = path
		answer := httptest.NewRecorder()
		w.service.Handler().ServeHTTP(answer, request)
		if answer.Code != http.StatusNotFound {
			t.Errorf("%s: %d %s", path, answer.Code, answer.Body)
		}
	}
	buckets, err := w.client.ListBuckets(t.Context(), nil)
	w.must(err)
	if len(buckets.Buckets) != 1 || *buckets.Buckets[0].Name != "events" {
		t.Errorf("%+v", buckets.Buckets)
	}
}

func TestALinkLeadsNowhere(t *testing.T) {
	w := newWorld(t)
	outside := filepath.Join(t.TempDir(), "secret")
	w.must(os.WriteFile(outside, []byte("secret"), 0o600))
	w.must(os.Symlink(outside, filepath.Join(w.dir, "events", "link")))
	if out, err := w.client.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String("events"), Key: aws.String("link")}); err == nil {
		content, _ := io.ReadAll(out.Body)
		t.Errorf("a link out of the folder was followed: %q", content)
	}
}

func TestBuckets(t *testing.T) {
	w := newWorld(t)
	_, err := w.client.CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: aws.String("another")})
	w.must(err)
	_, err = w.client.CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: aws.String("another")})
	w.must(err) // in us-east-1 you may create your own bucket again
	_, err = w.client.HeadBucket(t.Context(), &awss3.HeadBucketInput{Bucket: aws.String("another")})
	w.must(err)
	w.put("a", "x")
	_, err = w.client.DeleteBucket(t.Context(), &awss3.DeleteBucketInput{Bucket: aws.String("events")})
	if !strings.HasPrefix(code(err), "BucketNotEmpty") {
		t.Errorf("%v, want BucketNotEmpty", err)
	}
	_, err = w.client.DeleteBucket(t.Context(), &awss3.DeleteBucketInput{Bucket: aws.String("another")})
	w.must(err)
	err = w.service.Put(t.Context(), "another", "a", nil, "", "")
	if want := "s3://another/a: NoSuchBucket: The specified bucket does not exist; make the bucket again (aws s3 mb s3://another, with the --endpoint-url of this machine), or start again"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if err := w.service.Declare(s3.Config{Name: "Not_A_Bucket"}); err == nil {
		t.Error("a wrong name was taken")
	}
}

func TestDeleteObjects(t *testing.T) {
	w := newWorld(t)
	w.put("a", "x")
	w.put("b/c", "x")
	out, err := w.client.DeleteObjects(t.Context(), &awss3.DeleteObjectsInput{Bucket: aws.String("events"), Delete: &types.Delete{
		Objects: []types.ObjectIdentifier{{Key: aws.String("a")}, {Key: aws.String("b/c")}, {Key: aws.String("absent")}},
	}})
	w.must(err)
	if len(out.Deleted) != 3 || len(out.Errors) != 0 || len(w.files("events")) != 0 {
		t.Errorf("%+v, files %v", out, w.files("events"))
	}
}

// A bucket without versioning has no delete markers, and its answers name none.
func TestADeletionNamesNoMarker(t *testing.T) {
	w := newWorld(t)
	if got := serve(t, w.service, "DELETE", "/events/a", ""); got.Code != http.StatusNoContent || got.Header()["X-Amz-Delete-Marker"] != nil {
		t.Errorf("%d %v", got.Code, got.Header())
	}
}

// S3 deletes nothing that a digest does not cover.
func TestDeleteObjectsHasADigest(t *testing.T) {
	w := newWorld(t)
	w.put("a", "x")
	const body = "<Delete><Object><Key>a</Key></Object></Delete>"
	for _, test := range []struct{ body, header, want string }{
		{body, "Accept: */*", "<Code>InvalidRequest</Code><Message>Missing required header for this request: Content-MD5"},
		{body, "Content-Md5: AAAA", "InvalidDigest"},
		{body, "Content-Md5: " + digest("other"), "BadDigest"},
		{body, "X-Amz-Checksum-Crc32: AAAAAA==", "BadDigest"},
		{"<Other><Object><Key>a</Key></Object></Other>", "", "MalformedXML"},
		{"<Delete><Object><Key>a</Key></Object><Object></Object></Delete>", "", "an Object has no Key"},
	} {
		if got := serve(t, w.service, "POST", "/events?delete", test.body, test.header); got.Code != http.StatusBadRequest || !strings.Contains(got.Body.String(), test.want) {
			t.Errorf("%s: %d, want %s in %s", test.header, got.Code, test.want, got.Body)
		}
	}
	if got, _ := w.get("a"); got != "x" {
		t.Errorf("the object is %q", got)
	}
	if got := serve(t, w.service, "POST", "/events?delete", body); got.Code != http.StatusOK || len(w.files("events")) != 0 {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}

// A DeleteObjects with more objects than S3 takes, or with none, deletes nothing.
func TestDeleteTooManyObjects(t *testing.T) {
	w := newWorld(t)
	w.put("a", "x")
	for _, count := range []int{0, 1001} {
		body := "<Delete>" + strings.Repeat("<Object><Key>a</Key></Object>", count) + "</Delete>"
		got := serve(t, w.service, "POST", "/events?delete", body)
		if want := fmt.Sprintf("it names %d objects; name 1 to 1000", count); got.Code != http.StatusBadRequest ||
			!strings.Contains(got.Body.String(), "<Code>MalformedXML</Code>") || !strings.Contains(got.Body.String(), want) {
			t.Errorf("%d objects: %d %s", count, got.Code, got.Body)
		}
	}
	if files := w.files("events"); !slices.Equal(files, []string{"a"}) {
		t.Errorf("left: %v", files)
	}
}

// A call for a version is refused, and the object stays as it is; "null" is the version that there is.
func TestVersionsAreRefused(t *testing.T) {
	w := newWorld(t)
	const named = `<Delete><Object><Key>a</Key><VersionId>%s</VersionId></Object></Delete>`
	for _, test := range []struct {
		name, method, path, body, header string
		want                             string // of the refusal, after "S3's "
	}{
		{"many", "POST", "/events?delete", fmt.Sprintf(named, "3HL4"), "", "VersionId 3HL4 (old versions of an object are not kept here) in DeleteObjects"},
		{"many, in a namespace", "POST", "/events?delete", `<a:Delete xmlns:a="x"><a:Object><a:Key>a</a:Key><a:VersionId>3HL4</a:VersionId></a:Object></a:Delete>`, "", "VersionId 3HL4 (old"},
		{"with an ETag", "POST", "/events?delete", `<Delete><Object><Key>b</Key></Object><Object><Key>a</Key><ETag>x</ETag></Object></Delete>`, "", "condition ETag in DeleteObjects"},
		{"with a time", "POST", "/events?delete", `<Delete><Object><Key>a</Key><LastModifiedTime>x</LastModifiedTime></Object></Delete>`, "", "condition LastModifiedTime in DeleteObjects"},
		{"with a size", "POST", "/events?delete", `<Delete><Object><Key>a</Key><Size>0</Size></Object></Delete>`, "", "condition Size in DeleteObjects"},
		{"delete", "DELETE", "/events/a?versionId=3HL4", "", "", "?versionId (old versions of an object are not kept here)"},
		{"get", "GET", "/events/a?versionId=3HL4", "", "", "?versionId (old"},
		{"head", "HEAD", "/events/a?versionId=3HL4", "", "", ""},
		{"versions", "GET", "/events?versions", "", "", "?versions is not imitated on one machine; these are: "},
		{"versioning", "PUT", "/events?versioning", "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>", "", "PutBucketVersioning (old"},
		{"directory buckets", "GET", "/", "", "Authorization: AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/s3express/aws4_request, Signature=x", "directory buckets (S3 Express One Zone) is not"},
		{"a part", "GET", "/events/a?partNumber=1", "", "", "?partNumber (where an object&#39;s parts begin is not kept here)"},
		{"a part's head", "HEAD", "/events/a?partNumber=1", "", "", ""},
		{"copy", "PUT", "/events/b", "", "X-Amz-Copy-Source: /events/a?versionId=3HL4", "versionId in x-amz-copy-source (old"},
	} {
		w.put("a", "content")
		got := serve(t, w.service, test.method, test.path, test.body, test.header)
		if got.Code != http.StatusNotImplemented || test.want != "" && !strings.Contains(got.Body.String(), "<Message>S3&#39;s "+test.want) {
			t.Errorf("%s: %d %s", test.name, got.Code, got.Body)
		}
		if files := w.files("events"); !slices.Equal(files, []string{"a"}) {
			t.Errorf("%s: there are %v", test.name, files)
		}
	}
	if got := serve(t, w.service, "GET", "/events?versioning", ""); got.Code != http.StatusOK || strings.Contains(got.Body.String(), "Status") {
		t.Errorf("versioning: %d %s", got.Code, got.Body)
	}
	if got := serve(t, w.service, "POST", "/events?delete", fmt.Sprintf(named, "null")); got.Code != http.StatusOK || len(w.files("events")) != 0 {
		t.Errorf("null: %d %s", got.Code, got.Body)
	}
}

func TestMultipart(t *testing.T) {
	w := newWorld(t)
	made, err := w.client.CreateMultipartUpload(t.Context(), &awss3.CreateMultipartUploadInput{Bucket: aws.String("events"), Key: aws.String("big"), ContentType: aws.String("text/plain")})
	w.must(err)
	var parts []types.CompletedPart
	var want bytes.Buffer
	for i := range int32(3) {
		content := bytes.Repeat([]byte{'a' + byte(i)}, 5<<20)
		want.Write(content)
		part, err := w.client.UploadPart(t.Context(), &awss3.UploadPartInput{
			Bucket: aws.String("events"), Key: aws.String("big"), UploadId: made.UploadId, PartNumber: aws.Int32(i + 1), Body: bytes.NewReader(content),
		})
		w.must(err)
		parts = append(parts, types.CompletedPart{ETag: part.ETag, PartNumber: aws.Int32(i + 1)})
	}
	if names := w.files("events"); len(names) != 0 {
		t.Errorf("visible before it is complete: %v", names)
	}
	completed, err := w.client.CompleteMultipartUpload(t.Context(), &awss3.CompleteMultipartUploadInput{
		Bucket: aws.String("events"), Key: aws.String("big"), UploadId: made.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	})
	w.must(err)
	got, out := w.get("big")
	if got != want.String() || *out.ContentType != "text/plain" {
		t.Errorf("%d bytes of %s", len(got), *out.ContentType)
	}
	if !strings.HasSuffix(*completed.ETag, `-3"`) || *out.ETag != *completed.ETag {
		t.Errorf("the ETag is %s when it is complete, and %s when it is read; want one of 3 parts twice", *completed.ETag, *out.ETag)
	}
}

func TestConditions(t *testing.T) {
	w := newWorld(t)
	put := func(ifMatch, ifNoneMatch *string) error {
		_, err := w.client.PutObject(context.Background(), &awss3.PutObjectInput{
			Bucket: aws.String("events"), Key: aws.String("a"), Body: strings.NewReader("hello"), IfMatch: ifMatch, IfNoneMatch: ifNoneMatch,
		})
		return err
	}
	w.must(put(nil, aws.String("*")))
	if err := put(nil, aws.String("*")); !strings.HasPrefix(code(err), "PreconditionFailed") {
		t.Errorf("%v, want PreconditionFailed", err)
	}
	if err := put(aws.String(`"0123"`), nil); !strings.HasPrefix(code(err), "PreconditionFailed") {
		t.Errorf("%v, want PreconditionFailed", err)
	}
	w.must(put(aws.String(`"5d41402abc4b2a76b9719d911017c592"`), nil))
}

// A condition that S3 does not have is refused, whatever writes, and the object stays as it is.
func TestConditionsThatAWriteDoesNotHave(t *testing.T) {
	w := newWorld(t)
	w.put("a", "before")
	id := w.begin("a")
	part, err := w.sendPart("a", id, 1, "after")
	w.must(err)
	completion := "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>" + *part.ETag + "</ETag></Part></CompleteMultipartUpload>"
	for _, request := range []struct{ method, path, body, source string }{
		{"PUT", "/events/a", "after", ""}, {"PUT", "/events/a", "", "X-Amz-Copy-Source: /events/b"}, {"POST", "/events/a?uploadId=" + *id, completion, ""},
	} {
		for _, test := range []struct{ conditions, want string }{
			{`If-None-Match: "0123"`, `If-None-Match &#34;0123&#34; in a write`}, {"If-Match: *", "If-Match * in a write"},
			{"If-Match: x|If-None-Match: *", "If-Match together with If-None-Match"},
		} {
			header := append(strings.Split(test.conditions, "|"), "Content-Length: "+strconv.Itoa(len(request.body)), cmp.Or(request.source, "X-Other: x"))
			got := serve(t, w.service, request.method, request.path, request.body, header...)
			if got.Code != http.StatusNotImplemented || !strings.Contains(got.Body.String(), test.want) {
				t.Errorf("%+v %+v: %d %s", request, test, got.Code, got.Body)
			}
		}
	}
	if got, _ := w.get("a"); got != "before" {
		t.Errorf("it holds %q", got)
	}
	got := serve(t, w.service, "PUT", "/events/absent", "x", "Content-Length: 1", "If-Match: x")
	if got.Code != http.StatusNotFound || !strings.Contains(got.Body.String(), "<Key>absent</Key>") {
		t.Errorf("an If-Match of no object: %d %s", got.Code, got.Body)
	}
}

func TestWhatIsNotImitatedIsRefused(t *testing.T) {
	w := newWorld(t)
	w.put("a", "content")
	_, err := w.client.PutObjectTagging(t.Context(), &awss3.PutObjectTaggingInput{Bucket: aws.String("events"), Key: aws.String("a"), Tagging: &types.Tagging{TagSet: []types.Tag{}}})
	if got, want := code(err), "NotImplemented: S3's ?tagging is not imitated on one machine; these are: buckets"; !strings.HasPrefix(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
	if got, _ := w.get("a"); got != "content" {
		t.Errorf("the object now holds %q", got)
	}
	_, err = w.client.PutBucketPolicy(t.Context(), &awss3.PutBucketPolicyInput{Bucket: aws.String("fresh"), Policy: aws.String("{}")})
	if got, want := code(err), "NotImplemented: S3's ?policy is not imitated on one machine; these are: buckets"; !strings.HasPrefix(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
	_, err = w.client.PutBucketVersioning(t.Context(), &awss3.PutBucketVersioningInput{Bucket: aws.String("events"), VersioningConfiguration: &types.VersioningConfiguration{Status: "Enabled"}})
	if !strings.HasPrefix(code(err), "NotImplemented") {
		t.Errorf("%v, want NotImplemented", err)
	}
}

func TestOtherOriginsAreKeptOut(t *testing.T) {
	w := newWorld(t)
	w.put("a", "x")
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		request, err := http.NewRequestWithContext(t.Context(), method, w.server.URL+"/events/a", nil)
		w.must(err)
		request.Header.Set("Origin", "https://evil.example")
		answer, err := http.DefaultClient.Do(request)
		w.must(err)
		w.must(answer.Body.Close())
		if answer.StatusCode != http.StatusOK || answer.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %d %v", method, answer.StatusCode, answer.Header)
		}
	}
	for _, method := range []string{http.MethodOptions, http.MethodPost} {
		request, err := http.NewRequestWithContext(t.Context(), method, w.server.URL+"/events", nil)
		w.must(err)
		answer, err := http.DefaultClient.Do(request)
		w.must(err)
		w.must(answer.Body.Close())
		if answer.StatusCode != http.StatusForbidden && answer.StatusCode != http.StatusNotImplemented {
			t.Errorf("%s: %d", method, answer.StatusCode)
		}
	}
}

func TestChunkedUploads(t *testing.T) {
	w := newWorld(t)
	signed := "5;chunk-signature=" + strings.Repeat("a", 64) + "\r\nhello\r\n6;chunk-signature=" + strings.Repeat("b", 64) + "\r\n world\r\n0;chunk-signature=" + strings.Repeat("c", 64) + "\r\n\r\n"
	trailer := "b\r\nhello world\r\n0\r\n\r\n"
	for kind, body := range map[string]string{
		"STREAMING-AWS4-HMAC-SHA256-PAYLOAD": signed, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": signed, "STREAMING-UNSIGNED-PAYLOAD-TRAILER": trailer,
	} {
		if status, answer := w.putChunked(kind, body, "11"); status != http.StatusOK {
			t.Errorf("%s: %d %s", kind, status, answer)
		}
		got, out := w.get("chunked")
		if got != "hello world" || aws.ToString(out.ContentEncoding) != "gzip" {
			t.Errorf("%s: %q, encoding %q", kind, got, aws.ToString(out.ContentEncoding))
		}
	}
	w.put("chunked", "as it was")
	for name, body := range map[string]string{
		"cut off": "b\r\nhello", "no length": "zz\r\nhello\r\n", "negative": "-5\r\nhello\r\n", "too short": "5\r\nhello\r\n0\r\n\r\n", "nothing": "", "one long line": strings.Repeat("1", 10_000),
	} {
		if status, answer := w.putChunked("STREAMING-UNSIGNED-PAYLOAD-TRAILER", body, "11"); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, status, answer)
		}
	}
	if status, _ := w.putChunked("STREAMING-UNSIGNED-PAYLOAD-TRAILER", trailer, ""); status != http.StatusLengthRequired {
		t.Errorf("without a decoded length: %d", status)
	}
	if got, _ := w.get("chunked"); got != "as it was" {
		t.Errorf("a broken upload left %q", got)
	}
}

func (w *world) putChunked(kind, body, decoded string) (int, string) {
	w.Helper()
	request, err := http.NewRequestWithContext(w.Context(), http.MethodPut, w.server.URL+"/events/chunked", strings.NewReader(body))
	w.must(err)
	request.Header.Set("X-Amz-Content-Sha256", kind)
	request.Header.Set("Content-Encoding", "aws-chunked,gzip")
	if decoded != "" {
		request.Header.Set("X-Amz-Decoded-Content-Length", decoded)
	}
	answer, err := http.DefaultClient.Do(request)
	w.must(err)
	text, err := io.ReadAll(answer.Body)
	w.must(errors.Join(err, answer.Body.Close()))
	return answer.StatusCode, string(text)
}

func TestABodyThatEndsEarlyChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.put("a", "as it was")
	request := &http.Request{Method: http.MethodPut, Header: http.Header{"Content-Length": {"100"}}, Body: io.NopCloser(strings.NewReader("short")), URL: mustURL(t, w.server.URL+"/events/a")}
	answer := httptest.NewRecorder()
	w.service.Handler().ServeHTTP(answer, request)
	if answer.Code != http.StatusBadRequest || !strings.Contains(answer.Body.String(), "IncompleteBody") {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
	if got, _ := w.get("a"); got != "as it was" {
		t.Errorf("%q", got)
	}
	if left := w.files(".tmp"); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestCheckKey(t *testing.T) {
	for key, want := range map[string]string{
		"events/year=2026/a b.gz": "", "ünï": "", "%2E": "", "...": "",
		"a//b":                                 `begins or ends with "/" or holds "//"`,
		"..":                                   `has "." or ".." for a segment`,
		"a/" + strings.Repeat("x", 256) + "/b": `has 256 bytes between two "/"; a file name has at most 255`,
		strings.Repeat("x/", 512) + "x":        `has 1025 bytes; S3 takes at most 1024`,
	} {
		got := ""
		if err := s3.CheckKey(key); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %s\nwant: %s", key, got, want)
		}
	}
}

func TestOpenAnObject(t *testing.T) {
	w := newWorld(t)
	w.put("a/b", "hello")
	content, info, err := w.service.Open("events", "a/b")
	w.must(err)
	w.put("a/b", "replaced") // an open object does not change
	text, err := io.ReadAll(content)
	w.must(errors.Join(err, content.Close()))
	if string(text) != "hello" || info.Size() != 5 || !info.ModTime().Truncate(time.Second).Equal(start) {
		t.Errorf("%q, %d bytes, modified %s; want hello, 5 bytes, %s", text, info.Size(), info.ModTime(), start)
	}
}

func TestOpenWhatIsNoObject(t *testing.T) {
	w := newWorld(t)
	w.put("a/b", "hello")
	w.must(os.Symlink("b", filepath.Join(w.dir, "events", "a", "link")))
	w.must(syscall.Mkfifo(filepath.Join(w.dir, "events", "pipe"), 0o644))
	w.must(os.WriteFile(filepath.Join(w.dir, ".tmp", "half"), []byte("hal"), 0o644))
	w.must(os.WriteFile(filepath.Join(w.dir, "beside"), []byte("x"), 0o644))
	for _, name := range [][2]string{
		{"events", "absent"}, {"events", "a"}, {"events", "a/"}, {"events", ""}, {"events", "a/b/c"}, {"events", "a/link"}, {"events", "pipe"},
		{"events", "../beside"}, {"events", "../.tmp/half"}, {"events", "a/./b"}, {"events", strings.Repeat("x", 300)},
		{".tmp", "half"}, {".meta", "events"}, {"..", "x"}, {"", "beside"}, {"absent", "a/b"},
	} {
		content, _, err := w.service.Open(name[0], name[1])
		want := "s3://" + name[0] + "/" + name[1] + ": there is no such object"
		if content != nil || !errors.Is(err, s3.ErrNotFound) || err.Error() != want {
			t.Errorf("%q: error %v, want %s", name, err, want)
		}
	}
}

func TestClose(t *testing.T) {
	w := newWorld(t)
	w.put("a", "x")
	w.must(w.service.Close())
	if err := w.service.Put(t.Context(), "events", "b", nil, "", ""); err == nil {
		t.Error("a closed service writes")
	}
	if _, _, err := w.service.Open("events", "a"); err == nil || errors.Is(err, s3.ErrNotFound) {
		t.Errorf("a closed service says %v of an object that is there", err)
	}
}

// Writing to a deleted bucket is an error; once the bucket is back, it takes objects again.
func TestABucketThatGoesAndComes(t *testing.T) {
	w := newWorld(t)
	const want = "s3://events/a: NoSuchBucket: The specified bucket does not exist; make the bucket again (aws s3 mb s3://events, with the --endpoint-url of this machine), or start again"
	for name, remove := range map[string]func() error{
		"by the wire": func() error {
			_, err := w.client.DeleteBucket(t.Context(), &awss3.DeleteBucketInput{Bucket: aws.String("events")})
			return err
		},
		"on disk": func() error { return os.RemoveAll(filepath.Join(w.dir, "events")) },
	} {
		w.must(remove())
		if err := w.service.Put(t.Context(), "events", "a", []byte("x"), "", ""); err == nil || err.Error() != want {
			t.Errorf("%s: %v\nwant: %s", name, err, want)
		}
		_, err := w.client.CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: aws.String("events")})
		w.must(err)
		w.must(w.service.Put(t.Context(), "events", "a", []byte("x"), "", ""))
		if got, _ := w.get("a"); got != "x" {
			t.Errorf("%s: %q", name, got)
		}
		_, err = w.client.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: aws.String("events"), Key: aws.String("a")})
		w.must(err)
	}
}

// A service whose folder was removed, moved or replaced says so, by a delivery and by the wire, and writes nowhere. A start makes the
// buckets anew.
func TestAFolderThatIsGone(t *testing.T) {
	for name, remove := range map[string]func(dir string) error{
		"removed": os.RemoveAll,
		"moved":   func(dir string) error { return os.Rename(dir, dir+".moved") },
		"replaced": func(dir string) error {
			return errors.Join(os.Rename(dir, dir+".moved"), os.Mkdir(dir, 0o755))
		},
	} {
		w := newWorld(t)
		w.must(remove(w.dir))
		const want = "the folder of the buckets was removed or moved while it was in use"
		if err := w.service.Put(t.Context(), "events", "a", []byte("x"), "", ""); !errors.Is(err, s3.ErrNoBucket) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "; start again") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := w.client.CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: aws.String("events")}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: by the wire: %v", name, err)
		}
		if found, _ := filepath.Glob(filepath.Join(w.dir+"*", "events", "*")); len(found) > 0 {
			t.Errorf("%s: it writes %v", name, found)
		}
		w.open()
		w.must(w.service.Declare(s3.Config{Name: "events"}))
		w.must(w.service.Put(t.Context(), "events", "a", []byte("x"), "", ""))
	}
}

// The service keeps working after the folder, hidden folders too, is emptied by hand.
func TestHiddenFoldersThatAreRemoved(t *testing.T) {
	w := newWorld(t)
	w.put("a", "x")
	for _, folder := range []string{".tmp", ".meta"} {
		w.must(os.RemoveAll(filepath.Join(w.dir, folder)))
	}
	w.put("a", "y")
	if got, _ := w.get("a"); got != "y" {
		t.Errorf("%q", got)
	}
}

func TestOpenRemovesWhatACrashLeft(t *testing.T) {
	w := newWorld(t)
	w.must(os.WriteFile(filepath.Join(w.dir, ".tmp", "half"), []byte("hal"), 0o644))
	w.open()
	if left := w.files(".tmp"); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestPutEndsWithItsContext(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.service.Put(ctx, "events", "a", nil, "", ""); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// A body that is not in chunks has the encoding's name too, from some clients.
func TestTheChunkedEncodingIsNotKept(t *testing.T) {
	w := newWorld(t)
	for given, want := range map[string]string{"aws-chunked": "", "gzip, aws-chunked": "gzip", "gzip": "gzip", "aws-chunked,br": "br"} {
		serve(t, w.service, http.MethodPut, "/events/a", "text", "Content-Length: 4", "Content-Encoding: "+given)
		if got := serve(t, w.service, http.MethodHead, "/events/a", "").Header().Get("Content-Encoding"); got != want {
			t.Errorf("of %q it keeps %q, not %q", given, got, want)
		}
	}
}
