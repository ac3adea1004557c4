package local

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"cdk.tf/go/ingest/local/s3"
	"cdk.tf/go/ingest/openapi"
)

// front serves the API's address: the web application, the status, the objects, and the API below its stage. It does not put the API
// behind a ServeMux, which would clean its paths; API Gateway does not. No path here is a stage's name: a stage's name has letters,
// digits, "-" and "_", and spec lets none begin with "_".
func (p *Pipeline) front() http.Handler {
	page, data := http.NewServeMux(), http.NewServeMux()
	data.HandleFunc("GET /_local/status", p.serveStatus)
	data.HandleFunc("GET /_local/alarms", p.serveAlarms)
	data.HandleFunc("GET /_local/runbooks/{id}", p.serveRunbook)
	data.HandleFunc("GET /_local/openapi.json", p.serveOpenAPI)
	data.HandleFunc("GET /_local/records", p.browser.Records)
	data.HandleFunc("GET /_local/objects", p.browser.Objects)
	data.HandleFunc("GET /_local/delivered", p.browser.Delivered)
	data.HandleFunc("GET /_local/events", p.events.Serve)
	data.HandleFunc("POST /_local/reset", p.events.ServeReset)
	data.HandleFunc("GET /_local/faults", p.faults.Serve)
	data.HandleFunc("PUT /_local/faults/{name}", p.faults.ServeBegin)
	data.HandleFunc("DELETE /_local/faults/{name}", p.faults.ServeEnd)
	if p.opts.Web != nil {
		files := http.FileServerFS(p.opts.Web)
		page.Handle("GET /{$}", secured(files))
		page.Handle("GET /_web/", secured(files))
	}
	data.HandleFunc("GET /config.json", p.serveConfig)
	own := harmless(withoutOtherPages(inWords, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, objectsPath) {
			p.serveObject(w, r) // outside the ServeMux: a key may hold "//"
			return
		}
		data.ServeHTTP(w, r)
	})))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		switch {
		case path == "/config.json" || strings.HasPrefix(path, "/_local/"):
			own.ServeHTTP(w, r)
		case path == "/" && (r.Method == http.MethodGet || r.Method == http.MethodHead) || strings.HasPrefix(path, "/_web/"):
			page.ServeHTTP(w, r)
		default:
			p.api.ServeHTTP(w, r) // a POST to "/" too, which is an event that went astray; it has its own rules for pages (CORS)
		}
	})
}

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
func (p *Pipeline) serveConfig(w http.ResponseWriter, _ *http.Request) {
	outputs := p.outputs()
	outputs["submit_url"] = p.submitURL()
	outputs["local"] = "true" // only then does the page request /_local/
	if p.opts.Unlimited {
		outputs["local_unlimited"] = "true"
	}
	if p.opts.AccessKeys["test"] == "test" {
		outputs["local_test_keys"] = "true" // only the default key: the page never gets one that a person chose
	}
	outputs["local_aws_url"] = "http://" + p.awsServer.listener.Addr().String()
	p.writeJSON(w, map[string]any{strings.Join(p.declared.api.Stages(), ","): outputs})
}

// serveStatus answers with the status as JSON.
func (p *Pipeline) serveStatus(w http.ResponseWriter, _ *http.Request) { p.writeJSON(w, p.status()) }

// serveOpenAPI answers with the API's OpenAPI document, whose server is the request's address.
func (p *Pipeline) serveOpenAPI(w http.ResponseWriter, r *http.Request) {
	text, err := openapi.JSON(p.declared.written, openapi.Options{Local: "http://" + r.Host})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(text) // the client may have gone
}

func (p *Pipeline) writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if err := json.NewEncoder(w).Encode(value); err != nil {
		p.opts.Logger.Debug("answering the web page", "error", err)
	}
}

const objectsPath = "/_local/objects/"

// serveObject answers /_local/objects/BUCKET/KEY with an object's bytes as they lie in the bucket.
func (p *Pipeline) serveObject(w http.ResponseWriter, r *http.Request) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, objectsPath), "/")
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	if r.Method != http.MethodGet {
		header.Set("Allow", http.MethodGet)
		http.Error(w, "only GET", http.StatusMethodNotAllowed)
		return
	}
	object, info, err := p.buckets.Open(bucket, key)
	if err != nil {
		status := http.StatusInternalServerError
		if errors.Is(err, s3.ErrNotFound) {
			status = http.StatusNotFound
		}
		http.Error(w, err.Error(), status)
		return
	}
	defer func() { _ = object.Close() }() // it was only read
	header.Set("Content-Type", "application/octet-stream")
	header.Set("Content-Disposition", "attachment")
	http.ServeContent(w, r, "", info.ModTime(), object)
}
