package shown

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"

	"cdk.tf/go/ingest/internal/quota"
)

// codingProbes are about compressed bodies.
func codingProbes() []Probe {
	const lacks = "needs a schema of objects, and API.MinimumCompressionBytes of 0 or unset"
	needs := all(takesObjects, decompresses)
	understood := expects(status(http.StatusBadRequest), says("reason", wrongType("array")))
	unsupported := expects(status(http.StatusUnsupportedMediaType), declared())
	return []Probe{
		{
			ID: "API-24", Name: "a body in gzip", Needs: needs, Lacks: lacks,
			Request: compressed("gzip", func(p Pipeline) ([]byte, error) { return gzipped(refused(p)) }), Expect: understood,
		},
		{
			ID: "API-24", Name: "a coding that is not supported", Needs: needs, Lacks: lacks,
			Request: posts(refused, "Content-Encoding", "br"), Expect: unsupported,
		},
		{
			ID: "API-24", Name: "a body that is not in its coding", Needs: needs, Lacks: lacks,
			Request: posts(refused, "Content-Encoding", "gzip"), Expect: unsupported,
		},
		{
			ID: "API-25", Name: "a body in zlib's format as deflate", Needs: needs, Lacks: lacks,
			Request: compressed("deflate", func(p Pipeline) ([]byte, error) { return zlibbed(refused(p)) }), Expect: understood,
		},
		{
			ID: "API-25", Name: "a body in deflate without zlib's header", Needs: needs, Lacks: lacks,
			Request: compressed("deflate", func(p Pipeline) ([]byte, error) { return deflated(refused(p)) }), Expect: unsupported,
		},
		{
			ID: "API-25", Name: "a body in gzip with a byte after it", Needs: needs, Lacks: lacks,
			Request: compressed("gzip", func(p Pipeline) ([]byte, error) {
				body, err := gzipped(refused(p))
				return append(body, 'x'), err
			}), Expect: unsupported,
		},
		{
			ID: "API-25", Name: "a body in two codings", Needs: needs, Lacks: lacks,
			Request: compressed("gzip, gzip", func(p Pipeline) ([]byte, error) {
				once, err := gzipped(refused(p))
				if err != nil {
					return nil, err
				}
				return gzipped(once)
			}), Expect: unsupported,
		},
		{
			ID: "API-25", Name: "a body that is larger than 10 MB once decompressed", Needs: needs, Lacks: lacks,
			Request: compressed("gzip", func(Pipeline) ([]byte, error) { return gzipped(make([]byte, quota.MaxBody+1)) }),
			Expect:  expects(status(http.StatusRequestEntityTooLarge), undeclared()),
		},
	}
}

// answerProbes are about compressed answers.
func answerProbes() []Probe {
	const lacks = "needs API.MinimumCompressionBytes of 0"
	return []Probe{
		{
			ID: "API-26", Name: "an event whose answer may be in gzip", Needs: compresses, Lacks: lacks, Writes: true,
			Request: posts(example, "Accept-Encoding", "gzip"), Expect: func(_ Pipeline, a Answer) error { return a.unzipped() },
		},
		{
			ID: "API-26", Name: "an event whose answer may rather be in br than in gzip", Needs: compresses, Lacks: lacks, Writes: true,
			Request: posts(example, "Accept-Encoding", "br, gzip;q=0.5"), Expect: expects(status(http.StatusOK), coding(""), says("message", "accepted")),
		},
		{
			ID: "API-26", Name: "a refused body whose answer may be in gzip", Needs: all(takesObjects, compresses), Lacks: lacks + ", and a schema of objects",
			Request: posts(refused, "Accept-Encoding", "gzip"), Expect: expects(status(http.StatusBadRequest), coding(""), declared()),
		},
	}
}

func decompresses(p Pipeline) bool { return p.MinimumCompression <= 0 }
func compresses(p Pipeline) bool   { return p.MinimumCompression == 0 }

// compressed is a request with a body in a coding.
func compressed(name string, body func(Pipeline) ([]byte, error)) func(Pipeline) (*http.Request, error) {
	return func(p Pipeline) (*http.Request, error) {
		coded, err := body(p)
		if err != nil {
			return nil, err
		}
		return post(p.SubmitURL, coded, "Content-Encoding", name)
	}
}

func gzipped(body []byte) ([]byte, error) {
	var out bytes.Buffer
	return through(gzip.NewWriter(&out), &out, body)
}

func zlibbed(body []byte) ([]byte, error) {
	var out bytes.Buffer
	return through(zlib.NewWriter(&out), &out, body)
}

func deflated(body []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.DefaultCompression)
	if err != nil {
		return nil, err
	}
	return through(w, &out, body)
}

func through(w io.WriteCloser, out *bytes.Buffer, body []byte) ([]byte, error) {
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	err := w.Close()
	return out.Bytes(), err
}

// unzipped checks an answer in gzip that says that the event is in the stream.
func (a Answer) unzipped() error {
	if err := meet(a, status(http.StatusOK), coding("gzip")); err != nil {
		return err
	}
	r, err := gzip.NewReader(bytes.NewReader(a.Body))
	if err == nil {
		a.Body, err = io.ReadAll(io.LimitReader(r, quota.MaxBody))
	}
	if err != nil {
		a.Body = []byte("a body that is not in gzip: " + err.Error())
	}
	return meet(a, says("message", "accepted"))
}
