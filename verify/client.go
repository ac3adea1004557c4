package verify

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"cdk.tf/go/ingest/internal/identity"
	"cdk.tf/go/ingest/internal/quota"
)

// request is what a check sends.
type request struct {
	verb        string // POST unless set
	base        string // the API's address with its stage, unless set
	path        string // below the stage
	contentType string // application/json unless set; "-" sends none
	header      map[string]string
	// origin is the page's; one that is allowed unless set.
	origin string
	body   []byte
	// as are the credentials; by default those that the route asks for.
	as credentials
}

// credentials says with which credentials a request goes.
type credentials int

const (
	asAsked  credentials = iota // those that the route asks for
	unsigned                    // none
	wrong                       // some that are not known
)

// answer is what a client sees.
type answer struct {
	status int
	header http.Header
	body   []byte
	// asked and answered are when the request began and when the answer had ended.
	asked, answered time.Time
}

// fields are the answer's JSON; nil where it is no object.
func (a answer) fields() map[string]any {
	var fields map[string]any
	_ = json.Unmarshal(a.body, &fields) // a body that is no object has no fields
	return fields
}

func (a answer) field(name string) string { return text(a.fields()[name]) }

// String is the answer on one line.
func (a answer) String() string {
	return itoa(a.status) + " " + short(strings.Join(strings.Fields(string(a.body)), " "))
}

// maxAnswer is the longest answer that is read: API Gateway's own limit of a payload is 10 MB.
const maxAnswer = quota.MaxBody

// send sends a request to a route of the API.
func (r *run) send(ctx context.Context, to route, what request) (answer, error) {
	req, err := r.build(ctx, to, what)
	if err != nil {
		return answer{}, err
	}
	return r.patiently(req)
}

// mostTries is how often a request is sent that a limit of requests refuses. A limit lets one through in a second, or in two.
const mostTries = 10

// patiently sends a request, and sends it again after Retry-After where a limit refuses it: a key may allow fewer requests a second
// than a run sends. A request that a limit refuses does nothing.
func (r *run) patiently(req *http.Request) (answer, error) {
	for try := 1; ; try++ {
		a, err := r.exchange(req)
		seconds, _ := strconv.Atoi(a.header.Get("Retry-After"))
		if err != nil || a.status != http.StatusTooManyRequests || seconds <= 0 || try == mostTries {
			return a, err
		}
		select {
		case <-req.Context().Done():
			return a, req.Context().Err()
		case <-r.Clock.After(time.Duration(seconds) * time.Second):
		}
		if req.GetBody == nil {
			continue // it has no body
		}
		if req.Body, err = req.GetBody(); err != nil {
			return a, err
		}
	}
}

// limited reports whether a limit of requests has refused a request, which then shows nothing of what it was sent for.
func (a answer) limited() bool { return a.status == http.StatusTooManyRequests }

// notLooked is the outcome of a check whose request a limit has refused.
func (a answer) notLooked() outcome { return unknown(errors.New(a.String()), remedyFor(a.status)) }

// build makes the request that a client of the API sends.
func (r *run) build(ctx context.Context, to route, what request) (*http.Request, error) {
	verb := cmp.Or(what.verb, http.MethodPost)
	req, err := http.NewRequestWithContext(ctx, verb, cmp.Or(what.base, r.Base)+cmp.Or(what.path, to.path), bytes.NewReader(what.body))
	if err != nil {
		return nil, err
	}
	if contentType := cmp.Or(what.contentType, jsonType); contentType != "-" && verb != http.MethodOptions {
		req.Header.Set("Content-Type", contentType)
	}
	if to.keyHeader != "" {
		req.Header.Set(to.keyHeader, r.Mark)
	}
	for name, value := range what.header {
		req.Header.Set(name, value)
	}
	if what.as != unsigned && verb != http.MethodOptions {
		if err := r.authorize(req, to, what.body, what.as == wrong); err != nil {
			return nil, err
		}
	}
	// In lower case, as browsers send it over HTTP/2: API Gateway's own answers look for this spelling (modules/apigateway/cors.go).
	req.Header["origin"] = []string{cmp.Or(what.origin, r.cors.origin())}
	return req, nil
}

// exchange sends a request as it is.
func (r *run) exchange(req *http.Request) (answer, error) {
	if err := r.request(); err != nil {
		return answer{}, err
	}
	a := answer{asked: r.Clock.Now()}
	response, err := r.HTTP.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	a.status, a.header = response.StatusCode, response.Header
	a.body, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	a.answered = r.Clock.Now()
	return a, err
}

// authorize adds the credentials that a route asks for, or wrong ones.
func (r *run) authorize(req *http.Request, to route, body []byte, wrong bool) error {
	key, token, caller := r.Caller.APIKey, r.Caller.Token, r.Caller.AWS
	if wrong {
		key, token = "0000000000000000000000000000000000000000", "wrong"
		caller = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}, nil //nolint:gosec // AWS's documentation has this key in its examples
		})
	}
	if to.keyRequired {
		req.Header.Set("X-Api-Key", key)
	}
	sendTokens(req, to.tokens, token)
	if to.authorization != "AWS_IAM" {
		return nil
	}
	as, err := caller.Retrieve(req.Context())
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	return v4.NewSigner().SignHTTP(req.Context(), as, req, hex.EncodeToString(sum[:]), "execute-api", r.Region, r.Clock.Now())
}

// sendTokens sends a token wherever the authorizer reads one.
func sendTokens(req *http.Request, sources []identity.Source, token string) {
	for _, source := range sources {
		if source.In == "header" {
			req.Header.Set(source.Name, token)
			continue
		}
		query := req.URL.Query()
		query.Set(source.Name, token)
		req.URL.RawQuery = query.Encode()
	}
}
