package local

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestBucketsOfHosts(t *testing.T) {
	n := ownNames("Box.lan:4566", []string{"events.lan", "one.events.lan", ".example.test", "192.0.2.9", "aws.localhost"})
	for host, want := range map[string]string{
		"localhost:4566": "", "LOCALHOST": "", "127.0.0.1:4566": "", "[::1]:4566": "", "192.0.2.9": "", "s3.localhost:4566": "", "s3.us-east-1.localhost": "",
		"abc.localhost:4566": "abc at localhost", "ABC.localhost.": "abc at localhost", "abc.s3.localhost:4566": "abc at localhost",
		"abc.s3.us-gov-west-1.localhost": "abc at localhost", "a.b.c.localhost": "a.b.c at localhost", "s3.abc.localhost": "s3.abc at localhost",
		"box.lan:4566": "", "abc.box.lan:4566": "abc at box.lan", "abc.s3.box.lan": "abc at box.lan",
		"events.lan": "", "one.events.lan": "", "abc.events.lan": "abc at events.lan", "abc.one.events.lan": "abc at one.events.lan",
		"example.test": "", "abc.example.test": "abc at example.test", "aws.localhost": "", "abc.aws.localhost": "abc at aws.localhost", ".localhost.": "",
	} {
		got, address := n.bucket(host)
		if got != "" {
			got += " at " + address
		}
		if got != want {
			t.Errorf("%s: %q, want %q", host, got, want)
		}
	}
}

// A bucket in the host works like one in the path, for all names of the address. A key is never taken for a bucket.
func TestBucketsByHost(t *testing.T) {
	p := devPipeline(t, func(o *Options) { o.AllowHosts = []string{".events.lan", "aws.localhost"} })
	for _, base := range []string{"localhost:4566", "s3.localhost:4566", "s3.us-east-1.localhost:4566", "events.lan", "s3.events.lan", "aws.localhost"} {
		host := bucket + "." + base
		for _, test := range []struct {
			method, path, body string
			status             int
			want               string
		}{
			{http.MethodPut, "/events/a%20b%2Fc", "x", 200, ""},
			{http.MethodGet, "/events/a%20b%2Fc", "", 200, "x"},
			{http.MethodGet, "/?list-type=2", "", 200, "<Key>events/a b/c</Key>"},
			{http.MethodHead, "/", "", 200, ""},
			{http.MethodPost, "/events/large?uploads", "", 200, "<Bucket>" + bucket + "</Bucket>"},
			{http.MethodDelete, "/events/a%20b%2Fc", "", 204, ""},
		} {
			got := ask(t, asked{method: test.method, url: p.awsURL() + test.path, host: host, body: test.body})
			if got.status != test.status || !strings.Contains(got.body, test.want) {
				t.Errorf("%s %s at %s: %d %s", test.method, test.path, host, got.status, got.body)
			}
		}
	}
	for _, host := range []string{"none.localhost", "none.s3.localhost:4566", "none.events.lan", "no.localhost"} {
		for _, method := range []string{http.MethodPut, http.MethodGet, http.MethodDelete, http.MethodPost} {
			got := ask(t, asked{method: method, url: p.awsURL() + "/another-bucket?uploads", host: host})
			if got.status != 404 || !strings.Contains(got.body, "NoSuchBucket") || !strings.Contains(got.body, "--allow-host "+strings.TrimSuffix(host, ":4566")) {
				t.Errorf("%s at %s: %d %s", method, host, got.status, got.body)
			}
		}
	}
	if got := ask(t, asked{method: http.MethodPut, url: p.awsURL() + "/", host: "made-by-host.localhost"}); got.status != 200 {
		t.Errorf("a bucket is not made: %d %s", got.status, got.body)
	}
	listed := ask(t, asked{method: http.MethodGet, url: p.awsURL() + "/", host: "s3.localhost"}).body
	if !strings.Contains(listed, "<Name>made-by-host</Name>") || strings.Contains(listed, "another-bucket") || strings.Contains(listed, "<Name>events</Name>") {
		t.Errorf("the buckets are %s", listed)
	}
}

// For a bucket before a name that was given without a dot, the refusal says how to allow it.
func TestARefusedBucketHostSaysHow(t *testing.T) {
	p := devPipeline(t, func(o *Options) { o.AllowHosts = []string{"events.lan"} })
	got := ask(t, asked{method: http.MethodPut, url: p.awsURL() + "/key", host: bucket + ".events.lan"})
	if want := "or with --allow-host .events.lan if a bucket precedes events.lan"; got.status != 403 || !strings.Contains(got.body, want) {
		t.Errorf("%d %s, want %s", got.status, got.body, want)
	}
}

// to is a client that dials an address whatever a URL's host is.
func to(address string) *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}}
}

// AWS's Go SDK puts the bucket before an endpoint that is a name, in each operation.
func TestGoS3ClientByHost(t *testing.T) {
	p := devPipeline(t)
	address := p.awsServer.listener.Addr().String()
	c := awss3.New(awss3.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://localhost:4566"), Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient: to(address), RetryMaxAttempts: 1,
	})
	ctx, b, k := t.Context(), aws.String(bucket), aws.String("events/one two")
	if _, err := c.PutObject(ctx, &awss3.PutObjectInput{Bucket: b, Key: k, Body: strings.NewReader("x")}); err != nil {
		t.Fatal(err)
	}
	begun, err := c.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: b, Key: aws.String("large")})
	if err != nil {
		t.Fatal(err)
	}
	part, err := c.UploadPart(ctx, &awss3.UploadPartInput{Bucket: b, Key: aws.String("large"), UploadId: begun.UploadId, PartNumber: aws.Int32(1), Body: strings.NewReader("part")})
	if err != nil {
		t.Fatal(err)
	}
	done, err := c.CompleteMultipartUpload(ctx, &awss3.CompleteMultipartUploadInput{
		Bucket: b, Key: aws.String("large"), UploadId: begun.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: part.ETag}}},
	})
	if err != nil || *done.Location != "http://localhost:4566/"+bucket+"/large" {
		t.Errorf("%v %+v", err, done)
	}
	signed, err := awss3.NewPresignClient(c).PresignGetObject(ctx, &awss3.GetObjectInput{Bucket: b, Key: k})
	if err != nil || !strings.HasPrefix(signed.URL, "http://"+bucket+".localhost:4566/") {
		t.Fatalf("%v %+v", err, signed)
	}
	answer, err := to(address).Get(signed.URL)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if _ = answer.Body.Close(); err != nil || string(text) != "x" {
		t.Errorf("%v %s", err, text)
	}
}

// AWS's JavaScript SDK does so too.
func TestJavaScriptS3Client(t *testing.T) {
	p := devPipeline(t)
	driveNode(t, strings.Replace(p.awsURL(), "127.0.0.1", "localhost", 1), "s3.mjs")
}

// boto3 gets AWS's answers from S3, or a refusal that says what is missing.
func TestBoto3S3Client(t *testing.T) {
	p := devPipeline(t)
	drivePython(t, p.awsURL(), "s3.py")
}
