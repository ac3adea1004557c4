package s3_test

import (
	"bytes"
	"crypto/md5" //nolint:gosec // S3's own checksum
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"cdk.tf/go/ingest/local/s3"
)

// begin begins an upload and returns its id.
func (w *world) begin(key string) *string {
	w.Helper()
	made, err := w.client.CreateMultipartUpload(w.Context(), &awss3.CreateMultipartUploadInput{Bucket: aws.String("events"), Key: aws.String(key)})
	w.must(err)
	return made.UploadId
}

func (w *world) sendPart(key string, id *string, number int32, content string) (types.CompletedPart, error) {
	w.Helper()
	sent, err := w.client.UploadPart(w.Context(), &awss3.UploadPartInput{
		Bucket: aws.String("events"), Key: aws.String(key), UploadId: id, PartNumber: &number, Body: strings.NewReader(content),
	})
	if err != nil {
		return types.CompletedPart{}, err
	}
	return types.CompletedPart{ETag: sent.ETag, PartNumber: &number}, nil
}

func (w *world) complete(key string, id *string, parts ...types.CompletedPart) error {
	_, err := w.client.CompleteMultipartUpload(w.Context(), &awss3.CompleteMultipartUploadInput{
		Bucket: aws.String("events"), Key: aws.String(key), UploadId: id, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	})
	return err
}

// leftOver are the files of unfinished writes and uploads.
func (w *world) leftOver() []string {
	w.Helper()
	var names []string
	w.must(filepath.WalkDir(filepath.Join(w.dir, ".tmp"), func(path string, entry os.DirEntry, err error) error {
		if err == nil && path != filepath.Join(w.dir, ".tmp") {
			names = append(names, entry.Name())
		}
		return err
	}))
	return names
}

// endless is a body of a given length that takes no memory.
type endless struct{}

func (endless) Read(to []byte) (int, error) {
	clear(to)
	return len(to), nil
}

// The parts of an upload are on disk: 8 parts of 8 MiB take no 8 MiB of memory, from the first to the object.
func TestPartsAreNotInMemory(t *testing.T) {
	w := newWorld(t)
	id := w.begin("big")
	handler := w.service.Handler()
	const parts, size = 8, 8 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var list strings.Builder
	for i := range parts {
		r := httptest.NewRequest(http.MethodPut, fmt.Sprintf("/events/big?partNumber=%d&uploadId=%s", i+1, *id), io.LimitReader(endless{}, size))
		r.ContentLength = size
		r.Header.Set("Content-Length", fmt.Sprint(size))
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		if answer.Code != http.StatusOK {
			t.Fatalf("%d %s", answer.Code, answer.Body)
		}
		fmt.Fprintf(&list, "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>", i+1, answer.Header().Get("ETag"))
	}
	r := httptest.NewRequest(http.MethodPost, "/events/big?uploadId="+*id, strings.NewReader("<CompleteMultipartUpload>"+list.String()+"</CompleteMultipartUpload>"))
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, r)
	runtime.ReadMemStats(&after)
	if answer.Code != http.StatusOK {
		t.Fatalf("%d %s", answer.Code, answer.Body)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > size {
		t.Errorf("%d bytes were allocated", took)
	}
	head, err := w.client.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String("events"), Key: aws.String("big")})
	w.must(err)
	if *head.ContentLength != parts*size {
		t.Errorf("the object has %d bytes", *head.ContentLength)
	}
	if left := w.leftOver(); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}

// An upload's parts are removed when it ends: by completion, an abort, the bucket's deletion, the process's end, or, after a crash,
// the next start.
func TestPartsAreRemoved(t *testing.T) {
	for name, end := range map[string]func(w *world, id *string, part types.CompletedPart){
		"complete": func(w *world, id *string, part types.CompletedPart) { w.must(w.complete("a", id, part)) },
		"abort": func(w *world, id *string, _ types.CompletedPart) {
			_, err := w.client.AbortMultipartUpload(w.Context(), &awss3.AbortMultipartUploadInput{Bucket: aws.String("events"), Key: aws.String("a"), UploadId: id})
			w.must(err)
		},
		"the bucket": func(w *world, _ *string, _ types.CompletedPart) {
			_, err := w.client.DeleteBucket(w.Context(), &awss3.DeleteBucketInput{Bucket: aws.String("events")})
			w.must(err)
			w.must(w.service.Declare(s3.Config{Name: "events"}))
		},
		"close": func(w *world, _ *string, _ types.CompletedPart) {
			w.must(w.service.Close())
			w.open()
		},
		"start": func(w *world, _ *string, _ types.CompletedPart) { w.open() },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id := w.begin("a")
			_, err := w.sendPart("a", id, 1, "first")
			w.must(err)
			part, err := w.sendPart("a", id, 1, "again")
			w.must(err)
			if left := w.leftOver(); len(left) != 2 { // the folder and the part that was sent again
				t.Errorf("on the way: %v", left)
			}
			end(w, id, part)
			if left := w.leftOver(); len(left) != 0 {
				t.Errorf("left over: %v", left)
			}
			if _, err := w.sendPart("a", id, 2, "late"); !strings.HasPrefix(code(err), "NoSuchUpload") {
				t.Errorf("a part after the end: %v", err)
			}
			if err := w.complete("a", id, part); name != "complete" && !strings.HasPrefix(code(err), "NoSuchUpload") { // S3-21
				t.Errorf("completed after the end: %v", err)
			}
			if left := w.leftOver(); len(left) != 0 {
				t.Errorf("left over of what came late: %v", left)
			}
		})
	}
}

func TestUploadsThatCannotBeCompleted(t *testing.T) {
	w := newWorld(t)
	id := w.begin("a")
	large := strings.Repeat("1", 5<<20)
	one, err := w.sendPart("a", id, 1, large)
	w.must(err)
	two, err := w.sendPart("a", id, 2, "two")
	w.must(err)
	three, err := w.sendPart("a", id, 4, "three")
	w.must(err)
	absent := types.CompletedPart{ETag: one.ETag, PartNumber: aws.Int32(3)}
	for _, test := range []struct {
		parts []types.CompletedPart
		want  string
	}{
		{[]types.CompletedPart{one, two, three}, "EntityTooSmall: Your proposed upload is smaller than the minimum allowed size"},
		{[]types.CompletedPart{two, one}, "InvalidPartOrder"}, {[]types.CompletedPart{one, one, two}, "InvalidPartOrder"}, {[]types.CompletedPart{one, absent}, "InvalidPart"},
		{[]types.CompletedPart{{ETag: two.ETag, PartNumber: one.PartNumber}}, "InvalidPart"}, {nil, "MalformedXML"},
	} {
		if err := w.complete("a", id, test.parts...); !strings.HasPrefix(code(err), test.want) {
			t.Errorf("%v, want %s", err, test.want)
		}
	}
	_, err = w.client.CompleteMultipartUpload(t.Context(), &awss3.CompleteMultipartUploadInput{
		Bucket: aws.String("events"), Key: aws.String("a"), UploadId: id, MpuObjectSize: aws.Int64(4),
		MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{two}},
	})
	if want := "InvalidRequest: The provided 'x-amz-mp-object-size' header value 4 does not match what was computed: 3"; code(err) != want {
		t.Errorf("%v, want %s", err, want)
	}
	if err := w.complete("b", id, one); !strings.HasPrefix(code(err), "NoSuchUpload") {
		t.Errorf("under another key: %v", err)
	}
	for key, want := range map[string]string{"a": "InvalidRequest</Code><Message>You must specify at least one part<", "b": "NoSuchUpload"} {
		if got := serve(t, w.service, http.MethodPost, "/events/"+key+"?uploadId="+*id, "").Body.String(); !strings.Contains(got, want) {
			t.Errorf("%s without a body: %s", key, got)
		}
	}
	w.must(w.complete("a", id, one, two)) // the failed attempts changed nothing
	if got, _ := w.get("a"); got != large+"two" {
		t.Errorf("%d bytes", len(got))
	}
	w.must(os.WriteFile(filepath.Join(w.dir, "events", "file"), []byte("x"), 0o644))
	id = w.begin("file/below")
	one, err = w.sendPart("file/below", id, 1, "one")
	w.must(err)
	if err := w.complete("file/below", id, one); err == nil {
		t.Error("an object below a file")
	}
	if left := w.leftOver(); len(left) != 2 {
		t.Errorf("an upload that failed to complete has %v left; want its folder and its part", left)
	}
}

func TestListUploads(t *testing.T) {
	w := newWorld(t)
	ids := map[string]*string{}
	for _, key := range []string{"b", "a", "c/1", "c/2", "a"} {
		ids[key] = w.begin(key)
	}
	var got []string
	in := &awss3.ListMultipartUploadsInput{Bucket: aws.String("events"), MaxUploads: aws.Int32(1), Delimiter: aws.String("/")}
	for range 9 {
		page, err := w.client.ListMultipartUploads(t.Context(), in)
		w.must(err)
		for _, u := range page.Uploads {
			got = append(got, *u.Key)
		}
		for _, p := range page.CommonPrefixes {
			got = append(got, *p.Prefix)
		}
		if !*page.IsTruncated {
			break
		}
		in.KeyMarker, in.UploadIdMarker = page.NextKeyMarker, page.NextUploadIdMarker
	}
	if want := "a a b c/"; strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
	for i := range int32(3) {
		_, err := w.sendPart("b", ids["b"], i+1, strings.Repeat("x", int(i)+1))
		w.must(err)
	}
	var sizes []int64
	parts := &awss3.ListPartsInput{Bucket: aws.String("events"), Key: aws.String("b"), UploadId: ids["b"], MaxParts: aws.Int32(2)}
	for range 3 {
		page, err := w.client.ListParts(t.Context(), parts)
		w.must(err)
		for _, p := range page.Parts {
			sizes = append(sizes, *p.Size)
		}
		if !*page.IsTruncated {
			break
		}
		parts.PartNumberMarker = page.NextPartNumberMarker
	}
	if fmt.Sprint(sizes) != "[1 2 3]" {
		t.Errorf("parts of %v bytes", sizes)
	}
	parts.PartNumberMarker = aws.String("99999")
	page, err := w.client.ListParts(t.Context(), parts)
	w.must(err)
	if len(page.Parts) != 0 || *page.IsTruncated {
		t.Errorf("beyond the last: %+v", page)
	}
}

// The words are recorded on AWS (localstack's test_multipart_checksum_type_compatibility and its neighbours).
func TestTheChecksumOfAnUpload(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct{ algorithm, kind, want string }{
		{"BOGUS", "", "Checksum algorithm provided is unsupported"},
		{"", "COMPOSITE", "The x-amz-checksum-type header can only be used with"},
		{"CRC64NVME", "COMPOSITE", "The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm."},
		{"SHA256", "FULL_OBJECT", "The FULL_OBJECT checksum type cannot be used with the sha256 checksum algorithm."},
		{"CRC32", "HALF", "it is HALF; use COMPOSITE or FULL_OBJECT"},
		{"CRC32C", "FULL_OBJECT", ""}, {"SHA1", "COMPOSITE", ""}, {"crc64nvme", "", ""},
	} {
		got := serve(t, w.service, http.MethodPost, "/events/a?uploads", "", "X-Amz-Checksum-Algorithm: "+test.algorithm, "X-Amz-Checksum-Type: "+test.kind)
		if refused := got.Code == http.StatusBadRequest; refused != (test.want != "") || !strings.Contains(got.Body.String(), test.want) {
			t.Errorf("%+v: %d %s", test, got.Code, got.Body)
		}
	}
}

// A client that did not get the answer to a completion sends it again.
func TestACompletionMayBeRepeated(t *testing.T) {
	w := newWorld(t)
	id := w.begin("a")
	one, err := w.sendPart("a", id, 1, "one")
	w.must(err)
	w.must(w.complete("a", id, one))
	w.must(w.complete("a", id, one))
	other := types.CompletedPart{ETag: aws.String(`"d41d8cd98f00b204e9800998ecf8427e"`), PartNumber: one.PartNumber}
	for _, parts := range [][]types.CompletedPart{{other}, {one, one}} {
		if err := w.complete("a", id, parts...); !strings.HasPrefix(code(err), "NoSuchUpload") {
			t.Errorf("with other parts: %v", err)
		}
	}
	if err := w.complete("b", id, one); !strings.HasPrefix(code(err), "NoSuchUpload") {
		t.Errorf("under another key: %v", err)
	}
	if got := serve(t, w.service, http.MethodPut, "/none/a?partNumber=1&uploadId="+*id, "x", "Content-Length: 1"); !strings.Contains(got.Body.String(), "NoSuchBucket") {
		t.Errorf("in a bucket that is not there: %s", got.Body)
	}
}

// A completion may name a checksum of each part. One that is not the part's is refused, and none is ignored.
func TestACompletionsChecksumsAreCompared(t *testing.T) {
	w := newWorld(t)
	id := w.begin("a")
	part, err := w.sendPart("a", id, 1, "hello")
	w.must(err)
	complete := func(member string) *httptest.ResponseRecorder {
		return serve(t, w.service, http.MethodPost, "/events/a?uploadId="+*id,
			"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"+*part.ETag+"</ETag>"+member+"</Part></CompleteMultipartUpload>")
	}
	for member, want := range map[string]string{
		"<ChecksumCRC32>AAAAAA==</ChecksumCRC32>": "part 1 does not have the ChecksumCRC32 AAAAAA==; send the part again, or name its ChecksumCRC32, NhCmhg==",
		"<ChecksumSHA256>x</ChecksumSHA256>":      "<Code>InvalidPart</Code>",
		"<ChecksumMD5>x</ChecksumMD5>":            "<Code>NotImplemented</Code>",
	} {
		if got := complete(member); got.Code < 400 || !strings.Contains(got.Body.String(), want) {
			t.Errorf("%s: %d %s", member, got.Code, got.Body)
		}
	}
	if got := complete("<ChecksumCRC32>NhCmhg==</ChecksumCRC32><ChecksumSHA1>qvTGHdzF6KLavt4PO0gs2a6pQ00=</ChecksumSHA1>"); got.Code != http.StatusOK {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}

// The parts of an upload that was begun with an algorithm have no checksum of another one.
func TestAPartHasItsUploadsChecksum(t *testing.T) {
	w := newWorld(t)
	begun := serve(t, w.service, http.MethodPost, "/events/a?uploads", "", "X-Amz-Checksum-Algorithm: SHA256")
	_, after, _ := strings.Cut(begun.Body.String(), "<UploadId>")
	id, _, _ := strings.Cut(after, "<")
	for header, want := range map[string]string{
		"X-Amz-Checksum-Crc32: NhCmhg==":                                      "<Code>InvalidRequest</Code><Message>Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: crc32</Message>",
		"X-Amz-Checksum-Sha256: LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=": "",
		"X: y": "",
	} {
		got := serve(t, w.service, http.MethodPut, "/events/a?partNumber=1&uploadId="+id, "hello", "Content-Length: 5", header)
		if (got.Code == http.StatusOK) != (want == "") || !strings.Contains(got.Body.String(), want) {
			t.Errorf("%s: %d %s", header, got.Code, got.Body)
		}
	}
}

// Lists of uploads as recorded on AWS by localstack (test_s3_list_operations.py).
func TestListUploadsAsS3Does(t *testing.T) {
	w := newWorld(t)
	ids := map[string]*string{}
	for _, key := range []string{"a b", "dir/1", "dir/2", "x"} {
		ids[key] = w.begin(key)
	}
	for _, test := range []struct {
		query  string
		status int
		says   []string
	}{
		{"encoding-type=url", 200, []string{"<Key>a+b</Key>", "<EncodingType>url</EncodingType>", "<NextKeyMarker>x</NextKeyMarker>"}},
		{"max-uploads=1", 200, []string{"<Key>a b</Key>", "<Owner><ID>", "<Initiator><ID>", "<KeyMarker></KeyMarker>", "<NextKeyMarker>a b</NextKeyMarker>", ".000Z</Initiated>"}},
		{"delimiter=/&max-uploads=1&key-marker=dir/1", 200, []string{"<KeyMarker>dir/1</KeyMarker>", "<Key>x</Key>"}},
		{"encoding-type=", 400, []string{"InvalidArgument", "Invalid Encoding Method"}},
		{"encoding-type=uri", 400, []string{"InvalidArgument", "Invalid Encoding Method"}},
		{"key-marker=x&upload-id-marker=" + *ids["dir/1"], 400, []string{"InvalidArgument", "Invalid uploadId marker"}},
		{"key-marker=x&upload-id-marker=none", 400, []string{"InvalidArgument", "Invalid uploadId marker"}},
		{"upload-id-marker=none&max-uploads=1", 200, []string{"<Key>a b</Key>", "<UploadIdMarker></UploadIdMarker>"}},
	} {
		got := serve(t, w.service, http.MethodGet, "/events?uploads&"+test.query, "")
		for _, each := range test.says {
			if got.Code != test.status || !strings.Contains(got.Body.String(), each) {
				t.Errorf("%s: %d, want %q in %s", test.query, got.Code, each, got.Body)
			}
		}
	}
	_, err := w.sendPart("x", ids["x"], 1, "part")
	w.must(err)
	parts := serve(t, w.service, http.MethodGet, "/events/x?uploadId="+*ids["x"], "").Body.String()
	if !strings.Contains(parts, "<Owner><ID>") || !strings.Contains(parts, ".000Z</LastModified>") {
		t.Error(parts)
	}
}

// A body that is longer than its Content-Length is cut off before it fills the disk, and a shorter one is refused.
func TestPartsOfAnotherLength(t *testing.T) {
	w := newWorld(t)
	id := w.begin("a")
	for name, body := range map[string]io.Reader{"longer": endless{}, "shorter": bytes.NewReader([]byte("x"))} {
		r := httptest.NewRequest(http.MethodPut, "/events/a?partNumber=1&uploadId="+*id, body)
		r.ContentLength = 10
		r.Header.Set("Content-Length", "10")
		answer := httptest.NewRecorder()
		w.service.Handler().ServeHTTP(answer, r)
		if answer.Code != http.StatusBadRequest || !strings.Contains(answer.Body.String(), "IncompleteBody") {
			t.Errorf("%s: %d %s", name, answer.Code, answer.Body)
		}
		if left := w.leftOver(); len(left) != 1 {
			t.Errorf("%s: left over: %v, want the folder", name, left)
		}
	}
}

// A list of keys or parts is read into memory, so its length is bounded.
func TestDocumentsAreBounded(t *testing.T) {
	w := newWorld(t)
	for _, length := range []int64{9 << 20, -1} {
		for target, verb := range map[string]string{"/events?delete": http.MethodPost, "/events/a?uploadId=x": http.MethodPost, "/another": http.MethodPut} {
			r := httptest.NewRequest(verb, target, io.LimitReader(endless{}, 1<<30))
			r.ContentLength = length
			answer := httptest.NewRecorder()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			w.service.Handler().ServeHTTP(answer, r)
			runtime.ReadMemStats(&after)
			if took := after.TotalAlloc - before.TotalAlloc; answer.Code < 400 && verb == http.MethodPost || took > 64<<20 {
				t.Errorf("%s %s of %d: %d, with %d bytes allocated", verb, target, length, answer.Code, took)
			}
		}
	}
}

// Clients hold the ETag of an upload's completion for the object's: in a later condition, a listing, and after a restart.
func TestAnUploadInPartsKeepsItsETag(t *testing.T) {
	w := newWorld(t)
	id := w.begin("big")
	one, err := w.sendPart("big", id, 1, "text")
	w.must(err)
	done, err := w.client.CompleteMultipartUpload(t.Context(), &awss3.CompleteMultipartUploadInput{
		Bucket: aws.String("events"), Key: aws.String("big"), UploadId: id, MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{one}},
	})
	w.must(err)
	sum := md5.Sum([]byte("text")) //nolint:gosec // S3's own checksum
	want := fmt.Sprintf(`"%x-1"`, md5.Sum(sum[:]))
	w.open()
	got, err := w.client.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String("events"), Key: aws.String("big"), IfMatch: done.ETag})
	w.must(err)
	w.must(got.Body.Close())
	head, err := w.client.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String("events"), Key: aws.String("big")})
	w.must(err)
	list, err := w.client.ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{Bucket: aws.String("events")})
	w.must(err)
	for where, tag := range map[string]*string{"completion": done.ETag, "GET": got.ETag, "HEAD": head.ETag, "listing": list.Contents[0].ETag} {
		if aws.ToString(tag) != want {
			t.Errorf("the ETag of the %s is %s, not %s", where, aws.ToString(tag), want)
		}
	}
	if _, err := w.client.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String("events"), Key: aws.String("big"), IfNoneMatch: done.ETag}); !strings.Contains(fmt.Sprint(err), "304") {
		t.Errorf("If-None-Match: %v", err)
	}
	if answer := serve(t, w.service, http.MethodPut, "/events/big", "more", "Content-Length: 4", "If-Match: "+want); answer.Code != http.StatusOK || answer.Header().Get("ETag") == want {
		t.Errorf("a write over it: %d %s, ETag %s", answer.Code, answer.Body, answer.Header().Get("ETag"))
	}
	if head, err = w.client.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String("events"), Key: aws.String("big")}); err != nil || strings.Contains(*head.ETag, "-") {
		t.Errorf("%v, ETag %s of one PUT", err, aws.ToString(head.ETag))
	}
}
