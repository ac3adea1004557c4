package s3_test

import (
	"fmt"
	"math/rand"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"cdk.tf/go/ingest/local/s3"
)

func mustURL(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// list lists all pages of a given size: keys, and common prefixes with a "*" after them, each in order.
func (w *world) list(prefix, delimiter, after string, size int32) (all []string, pages int) {
	w.Helper()
	in := &awss3.ListObjectsV2Input{Bucket: aws.String("events"), MaxKeys: &size}
	for value, field := range map[string]**string{prefix: &in.Prefix} {
		*field = aws.String(value)
	}
	if delimiter != "" {
		in.Delimiter = &delimiter
	}
	if after != "" {
		in.StartAfter = &after
	}
	for {
		out, err := w.client.ListObjectsV2(w.Context(), in)
		w.must(err)
		pages++
		var page []string
		for _, object := range out.Contents {
			page = append(page, *object.Key)
		}
		for _, common := range out.CommonPrefixes {
			page = append(page, *common.Prefix+"*")
		}
		if len(page) > int(size) || *out.IsTruncated && len(page) < int(size) {
			w.Errorf("a page of %d, want %d", len(page), size)
		}
		slices.Sort(page)
		all = append(all, page...)
		if !*out.IsTruncated {
			return all, pages
		}
		in.ContinuationToken = out.NextContinuationToken
	}
}

func TestListIsInTheOrderOfBytes(t *testing.T) {
	w := newWorld(t)
	for _, key := range []string{"a/1", "a/b/2", "a.txt", "a-1", "a0", "B", "é"} {
		w.put(key, "x")
	}
	for _, test := range []struct {
		prefix, delimiter, after string
		want                     []string
	}{
		{"", "", "", []string{"B", "a-1", "a.txt", "a/1", "a/b/2", "a0", "é"}},
		{"", "/", "", []string{"B", "a-1", "a.txt", "a/*", "a0", "é"}},
		{"a/", "/", "", []string{"a/1", "a/b/*"}},
		{"a", "/", "", []string{"a-1", "a.txt", "a/*", "a0"}},
		{"a/b/", "", "", []string{"a/b/2"}},
		{"a/b", "", "", []string{"a/b/2"}},
		{"", "", "a/1", []string{"a/b/2", "a0", "é"}},
		{"", "", "a/", []string{"a/1", "a/b/2", "a0", "é"}},
		{"", "/", "a/1", []string{"a/*", "a0", "é"}},
		{"", "/", "a/", []string{"a0", "é"}},
		{"", "/", "a/b/2", []string{"a0", "é"}},
		{"", "b", "", []string{"B", "a-1", "a.txt", "a/1", "a/b*", "a0", "é"}},
		{"none", "", "", nil},
		{"a/1/", "", "", nil},
	} {
		for _, size := range []int32{1, 2, 1000} {
			got, _ := w.list(test.prefix, test.delimiter, test.after, size)
			if !slices.Equal(got, test.want) {
				t.Errorf("prefix %q, delimiter %q, after %q, pages of %d: %q, want %q", test.prefix, test.delimiter, test.after, size, got, test.want)
			}
		}
	}
}

// TestListAgreesWithAModel lists random buckets in every way, beside a model that knows all keys.
func TestListAgreesWithAModel(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	for round := range 10 {
		w := newWorld(t)
		keys := map[string]bool{}
		for range 30 {
			var segments []string
			for range 1 + random.Intn(3) {
				segments = append(segments, string("ab-.0"[random.Intn(4)])+strings.Repeat("x", random.Intn(2)))
			}
			key := strings.Join(segments, "/")
			if err := w.service.Put(t.Context(), "events", key, []byte("x"), "", ""); err == nil {
				keys[key] = true
			}
		}
		for range 20 {
			prefix := []string{"", "a", "a/", "-", "b/a", "ax/"}[random.Intn(6)]
			delimiter := []string{"", "/", "x", "/a"}[random.Intn(4)]
			after := []string{"", "a", "a/", "ax/b", "b"}[random.Intn(5)]
			size := int32(1 + random.Intn(5))
			got, _ := w.list(prefix, delimiter, after, size)
			if want := model(keys, prefix, delimiter, after); !slices.Equal(got, want) {
				t.Fatalf("round %d, prefix %q, delimiter %q, after %q, pages of %d:\n%q\nwant %q", round, prefix, delimiter, after, size, got, want)
			}
		}
	}
}

func model(keys map[string]bool, prefix, delimiter, after string) []string {
	found := map[string]bool{}
	for key := range keys {
		rest, ok := strings.CutPrefix(key, prefix)
		if !ok || after != "" && key <= after {
			continue
		}
		if at := strings.Index(rest, delimiter); delimiter != "" && at >= 0 {
			if common := prefix + rest[:at+len(delimiter)]; common != after {
				found[common+"*"] = true
			}
			continue
		}
		found[key] = true
	}
	var all []string
	for name := range found {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

func TestListManyPages(t *testing.T) {
	w := newWorld(t)
	for i := range 25 {
		w.must(w.service.Put(t.Context(), "events", fmt.Sprintf("hour=%02d/%d", i/10, i), []byte("x"), "", ""))
	}
	if got, pages := w.list("", "", "", 10); len(got) != 25 || pages != 3 {
		t.Errorf("%d keys on %d pages", len(got), pages)
	}
	if got, pages := w.list("", "/", "", 2); len(got) != 3 || pages != 2 {
		t.Errorf("%q on %d pages", got, pages)
	}
	out, err := w.client.ListObjects(t.Context(), &awss3.ListObjectsInput{Bucket: aws.String("events"), MaxKeys: aws.Int32(0)})
	if err != nil || len(out.Contents) != 0 || aws.ToBool(out.IsTruncated) {
		t.Errorf("a page of none: %+v, error %v", out, err)
	}
}

// Each answer of a listing has the members that S3's has, also if nothing is listed, and a wrong parameter is refused.
func TestListingsParameters(t *testing.T) {
	w := newWorld(t)
	w.put("a (1)/ü+.gz", "x")
	const contents = `<Contents><Key>a (1)/ü+.gz</Key><LastModified>2026-03-07T15:04:05.000Z</LastModified><ETag>&#34;9dd4e461268c8034f5c8564e155c67a6&#34;</ETag><Size>1</Size><StorageClass>STANDARD</StorageClass>`
	for _, test := range []struct {
		query  string
		status int
		want   []string
	}{
		{"list-type=2&prefix=none/", 200, []string{"<Prefix>none/</Prefix><KeyCount>0</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated></List"}},
		{"list-type=2&max-keys=0", 200, []string{"<KeyCount>0</KeyCount><MaxKeys>0</MaxKeys><IsTruncated>false</IsTruncated></List"}},
		{"list-type=2&max-keys=5000", 200, []string{"<KeyCount>1</KeyCount><MaxKeys>1000</MaxKeys>", contents + "</Contents>"}},
		{"list-type=2&delimiter=/&start-after=A", 200, []string{"<StartAfter>A</StartAfter><KeyCount>1</KeyCount>", "<Delimiter>/</Delimiter>", "<CommonPrefixes><Prefix>a (1)/</Prefix></CommonPrefixes>"}},
		{"list-type=2&fetch-owner=true", 200, []string{contents + "<Owner><ID>" + strings.Repeat("0", 64) + "</ID></Owner></Contents>"}},
		{"list-type=2&fetch-owner=false", 200, []string{contents + "</Contents>"}},
		{"", 200, []string{"<Prefix></Prefix><Marker></Marker><MaxKeys>1000</MaxKeys>", contents + "<Owner>"}},
		{"list-type=2&encoding-type=url&start-after=%26", 200, []string{"<StartAfter>%26</StartAfter>", "<EncodingType>url</EncodingType>", "<Key>a+%281%29/%C3%BC%2B.gz</Key>"}},
		{"encoding-type=url&delimiter=%2B&prefix=a%20&marker=A%20", 200, []string{"<Prefix>a+</Prefix><Marker>A+</Marker>", "<Delimiter>%2B</Delimiter>", "<Prefix>a+%281%29/%C3%BC%2B</Prefix>"}},
		{"encoding-type=foo", 400, []string{"<Code>InvalidArgument</Code><Message>Invalid Encoding Method specified in Request</Message>"}},
		{"max-keys=-1", 400, []string{"<Code>InvalidArgument</Code><Message>Argument maxKeys must be an integer between 0 and 2147483647</Message>"}},
		{"max-keys=x", 400, []string{"<Code>InvalidArgument</Code><Message>Provided max-keys not an integer or within integer range</Message>"}},
		{"list-type=2&continuation-token=!", 400, []string{"<Code>InvalidArgument</Code><Message>The continuation token provided is incorrect</Message>"}},
		{"list-type=2&continuation-token=", 400, []string{"<Code>InvalidArgument</Code><Message>The continuation token provided is incorrect</Message>"}},
	} {
		got := serve(t, w.service, "GET", "/events?"+test.query, "")
		for _, want := range test.want {
			if got.Code != test.status || !strings.Contains(got.Body.String(), want) {
				t.Errorf("%s: %d %s\nwant %s", test.query, got.Code, got.Body, want)
			}
		}
	}
	if got := serve(t, w.service, "GET", "/absent?list-type=2&max-keys=-1", ""); got.Code != 404 || !strings.Contains(got.Body.String(), "NoSuchBucket") {
		t.Errorf("no bucket: %d %s", got.Code, got.Body)
	}
}

func TestListBucketsParameters(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"events-b", "events.one", "other"} {
		w.must(w.service.Declare(s3.Config{Name: name}))
	}
	names := func(in *awss3.ListBucketsInput) (names, regions []string) {
		pages := awss3.NewListBucketsPaginator(w.client, in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			w.must(err)
			if most := aws.ToInt32(in.MaxBuckets); most > 0 && len(page.Buckets) > int(most) {
				t.Errorf("%d buckets on a page", len(page.Buckets))
			}
			for _, bucket := range page.Buckets {
				names, regions = append(names, *bucket.Name), append(regions, aws.ToString(bucket.BucketRegion))
			}
		}
		return names, slices.Compact(regions)
	}
	for _, test := range []struct {
		in      awss3.ListBucketsInput
		names   []string
		regions []string
	}{
		{awss3.ListBucketsInput{}, []string{"events", "events-b", "events.one", "other"}, []string{""}},
		{awss3.ListBucketsInput{Prefix: aws.String("zzz")}, nil, nil},
		{awss3.ListBucketsInput{Prefix: aws.String("events"), MaxBuckets: aws.Int32(2)}, []string{"events", "events-b", "events.one"}, []string{"us-east-1"}},
		{awss3.ListBucketsInput{MaxBuckets: aws.Int32(1), BucketRegion: aws.String("us-east-1")}, []string{"events", "events-b", "events.one", "other"}, []string{"us-east-1"}},
	} {
		if got, regions := names(&test.in); !slices.Equal(got, test.names) || !slices.Equal(regions, test.regions) {
			t.Errorf("%v %v, want %v %v", got, regions, test.names, test.regions)
		}
	}
	for query, want := range map[string]string{
		"max-buckets=0":           "Argument max-buckets must be an integer between 1 and 10000",
		"bucket-region=eu-west-1": "Requests with bucket-region specified must be made to the corresponding regional endpoint",
		"continuation-token=!":    "The continuation token provided is incorrect",
	} {
		if got := serve(t, w.service, "GET", "/?"+query, ""); got.Code != 400 || !strings.Contains(got.Body.String(), "<Code>InvalidArgument</Code><Message>"+want) {
			t.Errorf("%s: %d %s", query, got.Code, got.Body)
		}
	}
}

// S3 names a bucket's ARN where it makes, finds or lists one, and says whether its name is an alias of an access point.
func TestBucketsHaveARNs(t *testing.T) {
	service, err := s3.Open(s3.Options{Dir: t.TempDir(), Region: "cn-north-1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = service.Close() })
	const arn, wish = "arn:aws-cn:s3:::one", "<CreateBucketConfiguration><LocationConstraint>cn-north-1</LocationConstraint></CreateBucketConfiguration>"
	if got := serve(t, service, http.MethodPut, "/one", wish); got.Code != 200 || got.Header().Get("x-amz-bucket-arn") != arn {
		t.Errorf("created: %d %v", got.Code, got.Header())
	}
	head := serve(t, service, http.MethodHead, "/one", "")
	if head.Code != 200 || head.Header().Get("x-amz-bucket-arn") != arn || head.Header().Get("x-amz-access-point-alias") != "false" {
		t.Errorf("found: %d %v", head.Code, head.Header())
	}
	for _, query := range []string{"", "?prefix=o"} {
		if got := serve(t, service, http.MethodGet, "/"+query, ""); !strings.Contains(got.Body.String(), "<BucketArn>"+arn+"</BucketArn>") {
			t.Errorf("listed with %q: %s", query, got.Body)
		}
	}
}

// A page of a folder with many files looks only at those that it shows: below an os.Root, ReadDir would look at each.
func TestAPageLooksAtFewFiles(t *testing.T) {
	w := newWorld(t)
	const files = 3000
	for i := range files {
		w.must(os.WriteFile(filepath.Join(w.dir, "events", fmt.Sprintf("%04d", i)), nil, 0o600))
	}
	allocations := testing.AllocsPerRun(3, func() {
		if got := serve(t, w.service, http.MethodGet, "/events?list-type=2&max-keys=1&start-after=0999", ""); !strings.Contains(got.Body.String(), "<Key>1000</Key>") {
			t.Errorf("%d %s", got.Code, got.Body)
		}
	})
	if allocations > 2*files {
		t.Errorf("a page of one key takes %.0f allocations in a folder of %d files", allocations, files)
	}
}

// Listings as recorded on AWS by localstack (test_s3_list_operations.py).
func TestListObjectsAsS3Does(t *testing.T) {
	w := newWorld(t)
	for _, key := range []string{"dir/sub/1", "dir/sub/2", "dir/x", "dir/y"} {
		w.put(key, "x")
	}
	for query, want := range map[string]string{
		"prefix=dir/&delimiter=/&max-keys=1&marker=dir/sub/1": "<NextMarker>dir/x</NextMarker>",
		"encoding-type=":            "Invalid Encoding Method specified in Request",
		"list-type=2&max-keys=1":    ".000Z</LastModified>",
		"list-type=2&start-after=a": "<StartAfter>a</StartAfter>",
	} {
		if got := serve(t, w.service, http.MethodGet, "/events?"+query, "").Body.String(); !strings.Contains(got, want) {
			t.Errorf("%s: want %s in %s", query, want, got)
		}
	}
	if got := serve(t, w.service, http.MethodGet, "/events?list-type=2&start-after=a&continuation-token=ZGlyL3g%3D", "").Body.String(); strings.Contains(got, "<StartAfter>") {
		t.Errorf("S3 names no StartAfter beside a continuation token: %s", got)
	}
}
