package local

import (
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"

	"cdk.tf/go/ingest/internal/nearest"
	"cdk.tf/go/ingest/local/answers"
	"cdk.tf/go/ingest/local/s3"
	"cdk.tf/go/ingest/openapi"
)

// front serves the API's address: the web application, the status, the objects, and the API below its stage. It does not put the API
// behind a ServeMux, which would clean its paths; API Gateway does not. No path here is a stage's (see checkStages); a stage's name has
// no ".".
func (p *Pipeline) front() http.Handler {
	page, data := http.NewServeMux(), p.ownPaths()
	if p.opts.Web != nil {
		files := http.FileServerFS(p.opts.Web)
		page.Handle("GET /{$}", secured(files))
		page.Handle("GET /_web/", secured(files))
	}
	object := answers.WithoutParameters(p.serveObject)
	own := harmless(withoutOtherPages(inWords, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, objectsPath) {
			object(w, r) // outside the ServeMux: a key may hold "//"
			return
		}
		data.serve(w, r)
	})))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case path == "/config.json" || path == "/_local" || strings.HasPrefix(path, "/_local/"):
			own.ServeHTTP(w, r)
		case path == "/" && (r.Method == http.MethodGet || r.Method == http.MethodHead) || strings.HasPrefix(path, "/_web/"):
			page.ServeHTTP(w, r)
		default:
			p.api.ServeHTTP(w, r) // a POST to "/" too, which is an event that went astray; it has its own rules for pages (CORS)
		}
	})
}

// paths are those of a pipeline on this machine, by method.
type paths struct {
	mux   *http.ServeMux
	known []string
}

func (p *Pipeline) ownPaths() *paths {
	all := &paths{mux: http.NewServeMux()}
	for pattern, serve := range map[string]http.HandlerFunc{
		"GET /config.json":             p.serveConfig,
		"GET /_local/status":           answers.WithoutParameters(p.serveStatus),
		"GET /_local/alarms":           answers.WithoutParameters(p.serveAlarms),
		"GET /_local/runbooks/{id}":    answers.WithoutParameters(p.serveRunbook),
		"GET /_local/openapi.json":     answers.WithoutParameters(p.serveOpenAPI),
		"GET /_local/records":          p.browser.Records,
		"GET /_local/objects":          p.browser.Objects,
		"GET /_local/delivered":        p.browser.Delivered,
		"GET /_local/events":           p.events.Serve,
		"POST /_local/reset":           p.events.ServeReset,
		"GET /_local/faults":           answers.WithoutParameters(p.faults.Serve),
		"PUT /_local/faults/{name}":    p.faults.ServeBegin,
		"DELETE /_local/faults/{name}": p.faults.ServeEnd,
	} {
		all.mux.HandleFunc(pattern, serve)
		_, path, _ := strings.Cut(pattern, " ")
		all.known = append(all.known, strings.NewReplacer("{id}", "ID", "{name}", "NAME").Replace(path))
	}
	slices.Sort(all.known)
	all.known = slices.Compact(all.known)
	return all
}

// serve answers a request. ServeMux answers one that it does not know in plain text, which a client that reads JSON cannot, and
// redirects one whose path is not clean with a page of HTML.
func (p *paths) serve(w http.ResponseWriter, r *http.Request) {
	handler, pattern := p.mux.Handler(r)
	unsaid := unsaid{header: w.Header(), status: http.StatusNotFound}
	switch clean := path.Clean(r.URL.Path) == r.URL.Path; {
	case clean && pattern != "":
		p.mux.ServeHTTP(w, r)
		return
	case clean:
		handler.ServeHTTP(&unsaid, r)
	}
	err := fmt.Errorf("there is no path %s; %s", r.URL.Path, nearest.Remedy(r.URL.Path, p.known))
	if unsaid.status == http.StatusMethodNotAllowed {
		err = fmt.Errorf("%s takes %s, not %s", r.URL.Path, w.Header().Get("Allow"), r.Method)
	}
	answers.Refuse(w, unsaid.status, err)
}

// unsaid keeps the status and the headers of an answer, without its text.
type unsaid struct {
	header http.Header
	status int
}

func (u *unsaid) Header() http.Header                { return u.header }
func (u *unsaid) WriteHeader(status int)             { u.status = status }
func (u *unsaid) Write(text []byte) (n int, _ error) { return len(text), nil }

// secured adds headers for what the page's own Content-Security-Policy (a meta element of index.html) cannot set.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", "frame-ancestors 'none'")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-cache") // the page is rebuilt under the same name
		next.ServeHTTP(w, r)
	})
}

// serveConfig tells the page and ingest verify where the pipeline is, in the format that cdktf output --outputs-file writes for a hosted page.
func (p *Pipeline) serveConfig(w http.ResponseWriter, r *http.Request) {
	outputs := p.outputs()
	outputs["submit_url"] = p.submitURL()
	for name, value := range outputs {
		outputs[name] = p.atHost(r.Host, value)
	}
	outputs["local"] = "true" // only then does the page request /_local/
	if p.opts.Unlimited {
		outputs["local_unlimited"] = "true"
	}
	if p.opts.AccessKeys["test"] == "test" {
		outputs["local_test_keys"] = "true" // only the default key: the page never gets one that a person chose
	}
	outputs["local_aws_url"] = p.awsURLFrom(r.Host)
	answers.JSON(w, http.StatusOK, map[string]any{strings.Join(p.declared.api.Stages(), ","): outputs})
}

// serveStatus answers with the status as JSON.
func (p *Pipeline) serveStatus(w http.ResponseWriter, r *http.Request) {
	status := p.status()
	status.SubmitURL, _ = p.atHost(r.Host, status.SubmitURL).(string)
	answers.JSON(w, http.StatusOK, status)
}

// serveOpenAPI answers with the API's OpenAPI document, whose server is the request's address.
func (p *Pipeline) serveOpenAPI(w http.ResponseWriter, r *http.Request) {
	text, err := openapi.JSON(p.declared.written, openapi.Options{Local: "http://" + r.Host})
	if err != nil {
		answers.Refuse(w, http.StatusInternalServerError, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(text) // the client may have gone
}

const objectsPath = "/_local/objects/"

// serveObject answers /_local/objects/BUCKET/KEY with an object's bytes as they lie in the bucket.
func (p *Pipeline) serveObject(w http.ResponseWriter, r *http.Request) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, objectsPath), "/")
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		answers.Refuse(w, http.StatusMethodNotAllowed, fmt.Errorf("%s takes GET, HEAD, not %s", r.URL.Path, r.Method))
		return
	}
	object, info, err := p.buckets.Open(bucket, key)
	if err != nil {
		status := http.StatusInternalServerError
		if errors.Is(err, s3.ErrNotFound) {
			status = http.StatusNotFound
		}
		answers.Refuse(w, status, err)
		return
	}
	defer func() { _ = object.Close() }() // it was only read
	header.Set("Content-Type", "application/octet-stream")
	header.Set("Content-Disposition", "attachment")
	http.ServeContent(w, r, "", info.ModTime(), object)
}
