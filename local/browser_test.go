package local

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"cdk.tf/go/ingest/internal/goldens"
	"cdk.tf/go/ingest/internal/sdkhttp"
)

// asked is a request of a browser or a program; header holds lines such as "Name: value".
type asked struct {
	method, url, host, body string
	header                  []string
}

// answered is its answer.
type answered struct {
	status int
	header http.Header
	body   string
}

func ask(t *testing.T, a asked) answered {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), a.method, a.url, strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	request.Host = a.host // "" is the URL's
	for _, h := range a.header {
		name, value, _ := strings.Cut(h, ": ")
		request.Header.Add(name, value)
	}
	response, err := http.DefaultTransport.RoundTrip(request) // does not follow redirects
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answered{response.StatusCode, response.Header, string(body)}
}

const bucket = "api-kinesis-firehose-bucket-dev"

// devPipeline runs dev with a page and an object.
func devPipeline(t *testing.T, set ...func(*Options)) *running {
	t.Helper()
	opts := optionsOf(t, goldens.File(t, "dev"))
	late := time.Hour // nothing is delivered before the end
	opts.BufferInterval = &late
	opts.Web = fstest.MapFS{"index.html": {Data: []byte("<html>")}, "_web/app.js": {Data: []byte("app")}}
	for _, s := range set {
		s(&opts)
	}
	p := run(t, opts)
	p.putObject(t, "events/kept", "kept")
	return p
}

func (r *running) awsURL() string { return "http://" + r.awsServer.listener.Addr().String() }

func (r *running) putObject(t *testing.T, key, text string) {
	t.Helper()
	if err := r.buckets.Put(t.Context(), bucket, key, []byte(text), "", ""); err != nil {
		t.Fatal(err)
	}
}

// changes are requests to the AWS address that change something, as each service's clients send them.
var changes = []struct{ name, method, path, body, target string }{
	{"delete many", http.MethodPost, "/" + bucket + "?delete", `<Delete><Object><Key>events/kept</Key></Object></Delete>`, ""},
	{"begin an upload", http.MethodPost, "/" + bucket + "/events/new?uploads", "", ""},
	{"complete an upload", http.MethodPost, "/" + bucket + "/events/new?uploadId=1", `<CompleteMultipartUpload/>`, ""},
	{"a form", http.MethodPost, "/" + bucket, "--x--", ""},
	{"delete", http.MethodDelete, "/" + bucket + "/events/kept", "", ""},
	{"put", http.MethodPut, "/" + bucket + "/events/kept", "other", ""},
	{"make a bucket", http.MethodPut, "/another-bucket", "", ""},
	{"a record", http.MethodPost, "/", `{"StreamName": "api-kinesis-stream-dev", "PartitionKey": "k", "Data": "YQ=="}`, "Kinesis_20131202.PutRecord"},
	{"a stream", http.MethodPost, "/", `{"StreamName": "another"}`, "Kinesis_20131202.CreateStream"},
}

const signed = "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=x"

// A request of another page changes nothing, whatever its content type. A program's request passes.
func TestForeignPagesChangeNothing(t *testing.T) {
	p := devPipeline(t)
	own, before := p.awsURL(), p.restore(t)
	for _, from := range []struct {
		name    string
		header  []string
		foreign bool
	}{
		{"a program", nil, false},
		{"a page of this address", []string{"Origin: " + own, "Sec-Fetch-Site: same-origin"}, false},
		{"a page of this address, in an old browser", []string{"Origin: " + own}, false},
		{"the address bar", []string{"Sec-Fetch-Site: none"}, false},
		{"Node.js", []string{"Sec-Fetch-Mode: cors"}, false},

		{"another site", []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site"}, true},
		{"another site, in an old browser", []string{"Origin: https://evil.example"}, true},
		{"another site, without its origin", []string{"Sec-Fetch-Site: cross-site"}, true},
		{"another port of this machine", []string{"Origin: http://127.0.0.1:3000", "Sec-Fetch-Site: same-site"}, true},
		{"another port, in an old browser", []string{"Origin: http://127.0.0.1:3000"}, true},
		{"another port, without its origin", []string{"Sec-Fetch-Site: same-site"}, true},
		{"this project's page, which is the API's", []string{"Origin: " + p.apiBase(), "Sec-Fetch-Site: same-site"}, true},
		{"another name of this machine", []string{"Origin: " + strings.Replace(own, "127.0.0.1", "localhost", 1)}, true},
		{"a sandbox or a file", []string{"Origin: null", "Sec-Fetch-Site: cross-site"}, true},
		{"a sandbox, in an old browser", []string{"Origin: null"}, true},
		{"two origins", []string{"Origin: " + own, "Origin: https://evil.example"}, true},
		{"an empty origin", []string{"Origin: "}, true},
		{"a malformed origin", []string{"Origin: " + own + "/"}, true},
		{"a new word", []string{"Sec-Fetch-Site: near-by"}, true},
		{"a navigation", []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, true},
		{"an origin beside a contradicting Sec-Fetch-Site", []string{"Origin: https://evil.example", "Sec-Fetch-Site: same-origin"}, true},
	} {
		for _, contentType := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "application/x-amz-json-1.1"} {
			for _, change := range changes {
				header := append([]string{signed}, from.header...)
				if contentType != "" {
					header = append(header, "Content-Type: "+contentType)
				}
				if change.target != "" {
					header = append(header, "X-Amz-Target: "+change.target)
				}
				got := ask(t, asked{method: change.method, url: own + change.path, body: change.body, header: header})
				refused := got.status == http.StatusForbidden && strings.Contains(got.body, "another page")
				if refused != from.foreign {
					t.Errorf("%s, %s as %q: %d %.200s", from.name, change.name, contentType, got.status, got.body)
				}
			}
			if from.foreign {
				p.unchanged(t, before)
			} else { // it was
				before = p.restore(t)
			}
		}
	}
}

// unchanged fails if objects, buckets, streams or records differ from before, which [running.restore] returned.
func (r *running) unchanged(t *testing.T, before string) {
	t.Helper()
	listing := ask(t, asked{method: http.MethodGet, url: r.awsURL() + "/" + bucket + "?list-type=2"}).body
	kept := ask(t, asked{method: http.MethodGet, url: r.awsURL() + "/" + bucket + "/events/kept"}).body
	uploads := ask(t, asked{method: http.MethodGet, url: r.awsURL() + "/" + bucket + "?uploads"}).body
	buckets := ask(t, asked{method: http.MethodGet, url: r.awsURL() + "/"}).body
	if strings.Count(listing, "<Key>") != 1 || kept != "kept" || strings.Contains(uploads, "<UploadId>") || strings.Contains(buckets, "another-bucket") {
		t.Fatalf("changed: %s\n%s\n%s\n%s", listing, kept, uploads, buckets)
	}
	if got := r.records(); got != before {
		t.Fatalf("the streams are %s, and were %s", got, before)
	}
}

// records describes the streams with the last records of their shards.
func (r *running) records() string {
	var all strings.Builder
	for _, stream := range r.streams.Status().Streams {
		fmt.Fprint(&all, stream.Name)
		for _, shard := range stream.Shards {
			fmt.Fprint(&all, " ", shard.Latest)
		}
	}
	return all.String()
}

func uploadID(text string) string {
	_, text, _ = strings.Cut(text, "<UploadId>")
	text, _, _ = strings.Cut(text, "</UploadId>")
	return text
}

// restore undoes what changes made, and returns the streams with their records.
func (r *running) restore(t *testing.T) string {
	t.Helper()
	r.putObject(t, "events/kept", "kept")
	at := r.awsURL() + "/" + bucket
	for {
		id := uploadID(ask(t, asked{method: http.MethodGet, url: at + "?uploads"}).body)
		if id == "" {
			break
		}
		ask(t, asked{method: http.MethodDelete, url: at + "/events/new?uploadId=" + id})
	}
	ask(t, asked{method: http.MethodDelete, url: at + "/events/new"})
	ask(t, asked{method: http.MethodDelete, url: r.awsURL() + "/another-bucket"})
	ask(t, asked{
		method: http.MethodPost, url: r.awsURL() + "/", body: `{"StreamName": "another"}`,
		header: []string{signed, "X-Amz-Target: Kinesis_20131202.DeleteStream", "Content-Type: application/x-amz-json-1.1"},
	})
	return r.records()
}

// Another page's reads are refused as well, unless a person follows a link; so are those of the local paths at the API's address. The
// API itself has its own rules for pages.
func TestWhatForeignPagesRead(t *testing.T) {
	p := devPipeline(t)
	site := []string{"Sec-Fetch-Site: cross-site"}
	link := append([]string{"Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, site...)
	frame := append([]string{"Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"}, site...)
	object, own, submit := p.awsURL()+"/"+bucket+"/events/kept", p.apiBase()+"/_local/status", p.submitURL()
	for _, test := range []struct {
		name string
		asked
		status int
	}{
		{"an image", asked{method: http.MethodGet, url: object, header: site}, 403},
		{"an image's head", asked{method: http.MethodHead, url: object, header: site}, 403},
		{"a frame", asked{method: http.MethodGet, url: object, header: frame}, 403},
		{"a link", asked{method: http.MethodGet, url: object, header: link}, 200},
		{"a script of another port", asked{method: http.MethodGet, url: object, header: []string{"Sec-Fetch-Site: same-site"}}, 403},
		{"a fetch", asked{method: http.MethodGet, url: object, header: []string{"Origin: https://evil.example"}}, 403},
		{"a preflight", asked{method: http.MethodOptions, url: object, header: []string{"Origin: https://evil.example", "Access-Control-Request-Method: PUT"}}, 403},
		{"a program", asked{method: http.MethodGet, url: object}, 200},

		{"the status, by the page", asked{method: http.MethodGet, url: own, header: []string{"Sec-Fetch-Site: same-origin"}}, 200},
		{"the status, by curl", asked{method: http.MethodGet, url: own}, 200},
		{"the status, by a link", asked{method: http.MethodGet, url: own, header: link}, 200},
		{"the status, by a script", asked{method: http.MethodGet, url: own, header: site}, 403},
		{"a post to the status", asked{method: http.MethodPost, url: own, header: []string{"Origin: null"}}, 403},
		{"a post to the status, by a program", asked{method: http.MethodPost, url: own}, 405},
		{"the events, by a script", asked{method: http.MethodGet, url: p.apiBase() + "/_local/events", header: site}, 403},
		{"the events, by the page", asked{method: http.MethodGet, url: p.apiBase() + "/_local/events", header: []string{"Sec-Fetch-Site: same-origin"}}, 200},
		{"a reset, by a form", asked{method: http.MethodPost, url: p.apiBase() + "/_local/reset", header: append([]string{"Origin: https://evil.example"}, link...)}, 403},
		{"a reset, by a program", asked{method: http.MethodPost, url: p.apiBase() + "/_local/reset"}, 200},
		{"an object, by a script", asked{method: http.MethodGet, url: p.apiBase() + objectsPath + bucket + "/events/kept", header: site}, 403},
		{"an object, by the page", asked{method: http.MethodGet, url: p.apiBase() + objectsPath + bucket + "/events/kept", header: []string{"Sec-Fetch-Site: same-origin"}}, 200},
		{"the page's settings, by a script", asked{method: http.MethodGet, url: p.apiBase() + "/config.json", header: site}, 403},
		{"the page, by a link", asked{method: http.MethodGet, url: p.apiBase() + "/", header: link}, 200},
		{"the page's script", asked{method: http.MethodGet, url: p.apiBase() + "/_web/app.js", header: []string{"Sec-Fetch-Site: same-origin"}}, 200},

		{"an event of another page", asked{
			method: http.MethodPost, url: submit, body: `{"a": 1}`, header: append([]string{"Origin: https://shop.example", "Content-Type: application/json"}, site...),
		}, 200},
		{"its preflight", asked{method: http.MethodOptions, url: submit, header: append([]string{"Origin: https://shop.example", "Access-Control-Request-Method: POST"}, site...)}, 204},
	} {
		if got := ask(t, test.asked); got.status != test.status {
			t.Errorf("%s: %d %.200s, want %d", test.name, got.status, got.body, test.status)
		}
	}
}

// Any other name that resolves to this machine is refused.
func TestHosts(t *testing.T) {
	p := devPipeline(t, func(o *Options) { o.AllowHosts = []string{"events.lan", ".Example.test", "192.0.2.9"} })
	for _, test := range []struct {
		host    string
		allowed bool
	}{
		{"", true}, // the address itself
		{"127.0.0.1", true}, {"127.0.0.1:1", true}, {"127.7.7.7", true}, {"[::1]", true}, {"[::1]:8080", true}, {"[::ffff:127.0.0.1]:80", true},
		{"localhost", true}, {"LocalHost:80", true}, {"localhost.", true}, {"a.localhost", true}, {bucket + ".localhost:4566", true}, {bucket + ".s3.localhost", true},
		{"events.lan", true}, {"EVENTS.lan:8080", true}, {"events.lan.", true}, {"example.test", true}, {"a.b.example.test:1", true}, {"192.0.2.9:80", true},

		{"evil.example", false}, {"evil.example:4566", false}, {"a.events.lan", false}, {"events.lan.evil.example", false}, {"badexample.test", false},
		{"localhost.evil.example", false}, {"127.0.0.1.evil.example", false}, {"127.0.0.1.nip.io", false}, {"notlocalhost", false}, {".localhost.", true},
		{"192.0.2.8", false}, {"0.0.0.0", false}, {"[::]", false}, {"[2001:db8::1]:80", false}, {"2130706433", false}, {"0x7f.1", false}, {"host.docker.internal:4566", false},
	} {
		for _, url := range []string{
			p.awsURL() + "/" + bucket + "?list-type=2", p.awsURL() + "/", p.apiBase() + "/", p.apiBase() + "/_local/status", p.apiBase() + "/config.json",
			p.apiBase() + objectsPath + bucket + "/events/kept", p.submitURL(), p.apiBase() + "/none",
		} {
			got := ask(t, asked{method: http.MethodGet, url: url, host: test.host})
			refused := got.status == http.StatusForbidden && strings.Contains(got.body, "--allow-host")
			if refused == test.allowed {
				t.Errorf("%s as %q: %d %.200s", url, test.host, got.status, got.body)
			}
		}
	}
	got := ask(t, asked{method: http.MethodGet, url: p.apiBase() + "/", host: "evil.example:8080"}).body
	want := `the request is for "evil.example", which is not a name of this address. It answers to localhost, to names below localhost, to its own address ` +
		"and to names given with --allow-host: if this name is yours, start ingest up with --allow-host evil.example\n"
	if got != want {
		t.Errorf("got  %swant %s", got, want)
	}
	for _, host := range []string{"", "Host: :80\r\n"} {
		got := raw(t, p.apiBase(), "GET / HTTP/1.0\r\n"+host+"\r\n")
		if !strings.Contains(got, "403 Forbidden") || !strings.HasSuffix(got, "send the header Host with a name of this address, such as Host: localhost\n") {
			t.Errorf("the host %q: %s", host, got)
		}
	}
	got = ask(t, asked{method: http.MethodDelete, url: p.apiBase() + "/_local/status", header: []string{"Origin: https://evil.example"}}).body
	want = `the request comes from another page, of "https://evil.example": only pages of this address and programs may use it` + "\n"
	if got != want {
		t.Errorf("got  %swant %s", got, want)
	}
}

// The SDKs pass, or show why they are refused.
func TestSDKsPassOrSayWhy(t *testing.T) {
	p := devPipeline(t, func(o *Options) { o.AllowHosts = []string{"events.lan"} })
	through := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, p.awsServer.listener.Addr().String())
	}}}
	for host, wrong := range map[string]string{"events.lan:4566": "", "localhost:4566": "", "host.docker.internal:4566": "--allow-host host.docker.internal"} {
		config := aws.Config{
			Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""), HTTPClient: sdkhttp.Keep(through),
			BaseEndpoint: aws.String("http://" + host), RetryMaxAttempts: 1,
		}
		buckets := awss3.NewFromConfig(config, func(o *awss3.Options) { o.UsePathStyle = true })
		_, listed := buckets.ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{Bucket: aws.String(bucket)})
		_, put := buckets.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("k"), Body: strings.NewReader("x")})
		_, streams := awskinesis.NewFromConfig(config).ListStreams(t.Context(), &awskinesis.ListStreamsInput{})
		for name, err := range map[string]error{"ListObjectsV2": listed, "PutObject": put, "ListStreams": streams} {
			if wrong == "" && err != nil || wrong != "" && (err == nil || !strings.Contains(err.Error(), wrong)) {
				t.Errorf("%s at %s: %v, want %q", name, host, err, wrong)
			}
		}
	}
}

// A pipeline that listens on every interface answers to the address that a request arrived at, and to the given names.
func TestOwnAddresses(t *testing.T) {
	everywhere := ownNames("0.0.0.0:8080", nil)
	if !everywhere.answer("0.0.0.0:8080", "10.1.2.3:8080") || !everywhere.answer("10.1.2.3:8080", "10.1.2.3:8080") || everywhere.answer("10.1.2.4", "10.1.2.3:8080") {
		t.Error("every interface has other names")
	}
	if named := ownNames("Box.lan:8080", nil); !named.answer("box.lan", "10.1.2.3:8080") || named.answer("a.box.lan", "10.1.2.3:8080") {
		t.Error("a named address has other names")
	}
}

// A browser never runs an event as a script, whatever content type a link asks for.
func TestNothingRunsAsScriptAtTheAWSAddress(t *testing.T) {
	p := devPipeline(t)
	p.putObject(t, "events/page", "<script>alert(1)</script>")
	for _, a := range []asked{
		{method: http.MethodGet, url: "/" + bucket + "/events/page"},
		{method: http.MethodGet, url: "/" + bucket + "/events/page?response-content-type=text/html&response-content-disposition=inline"},
		{method: http.MethodHead, url: "/" + bucket + "/events/page"},
		{method: http.MethodGet, url: "/" + bucket + "/events/page", header: []string{"Range: bytes=0-7"}},
		{method: http.MethodGet, url: "/" + bucket + "/events/page", header: []string{"If-None-Match: *"}},
		{method: http.MethodGet, url: "/" + bucket + "/events/none"},
		{method: http.MethodGet, url: "/" + bucket},
		{method: http.MethodGet, url: "/"},
		{method: http.MethodGet, url: "/" + bucket + "?tagging"},
		{method: http.MethodPut, url: "/" + bucket + "/events/new", body: "x"},
		{method: http.MethodDelete, url: "/" + bucket + "/events/new"},
		{method: http.MethodPost, url: "/" + bucket + "?delete", body: "<"},
		{method: http.MethodPost, url: "/"},
		{method: http.MethodOptions, url: "/" + bucket},
		{method: http.MethodPost, url: "/", header: []string{"X-Amz-Target: Kinesis_20131202.ListStreams"}},
		{method: http.MethodPost, url: "/", body: "{}", header: []string{"X-Amz-Target: Kinesis_20131202.ListStreams", "Content-Type: application/x-amz-json-1.1", signed}},
		{method: http.MethodGet, url: "/", header: []string{"X-Amz-Target: x"}},
		{method: http.MethodGet, url: "/", host: "evil.example"},
		{method: http.MethodGet, url: "/", header: []string{"Origin: null"}},
	} {
		name := fmt.Sprintf("%s %s %q", a.method, a.url, a.header)
		a.url = p.awsURL() + a.url
		header := ask(t, a).header
		if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Content-Security-Policy") != "sandbox" {
			t.Errorf("%s: %v", name, header)
		}
	}
	for _, path := range []string{"/_local/status", "/_local/events", "/_local/reset", "/config.json", objectsPath + bucket + "/events/page", objectsPath + bucket + "/none", "/_local/none"} {
		header := ask(t, asked{method: http.MethodGet, url: p.apiBase() + path}).header
		if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Content-Security-Policy") != "sandbox" {
			t.Errorf("%s: %v", path, header)
		}
	}
}

// raw sends a request as it stands, and returns the answer until the server closes the connection.
func raw(t *testing.T, base, request string) string {
	t.Helper()
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	if _, err := io.WriteString(connection, request); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(connection)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}
