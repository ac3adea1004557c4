package local

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"cdk.tf/go/ingest/local/cloudwatch"
	"cdk.tf/go/ingest/local/firehose"
	"cdk.tf/go/ingest/local/internal/randomid"
	"cdk.tf/go/ingest/local/internal/signature"
)

// imitated names the services and operations that answer at the AWS address, for messages.
const imitated = "Kinesis, S3, CloudWatch's metrics and alarms, Firehose's DescribeDeliveryStream and ListDeliveryStreams, STS's GetCallerIdentity, and KMS's DescribeKey"

// awsEndpoint serves several services at one address. It tells them apart by the operation that a header names, by the service that
// a request is signed for, and by the form of the older protocols. It takes other requests for S3's, unsigned or signed by hand.
func (p *Pipeline) awsEndpoint() http.Handler {
	described := firehose.Described{Streams: p.declared.deliveries, Account: account, Since: p.started, NotImitated: p.sayNotImitated}
	handlers := map[string]http.Handler{
		"kinesis": p.streams, "s3": p.buckets.Handler(), "firehose": described, "sts": http.HandlerFunc(p.serveIdentity),
		"kms":        http.HandlerFunc(p.serveKeys),
		"monitoring": &cloudwatch.API{Watch: p.alarms, NotImitated: p.sayNotImitated},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		service := serviceOf(r)
		if service != "s3" { // which has ids of another form; Kinesis and CloudWatch set their own
			w.Header().Set(requestID, randomid.New())
		}
		if region, _ := signature.Scope(r); region != "" && region != p.declared.region && slices.Contains(regional, service) {
			p.refuseRegion(w, r, region)
			return
		}
		if handler := handlers[service]; handler != nil {
			handler.ServeHTTP(w, r)
			return
		}
		p.refuseService(w, r, service, operationOf(r, nil))
	})
}

// requestID is the header in which each service but S3 gives a request its id. An answer in XML repeats it.
const requestID = "X-Amzn-Requestid"

// serviceOf is the service that a request is for, by its name in signatures.
func serviceOf(r *http.Request) string {
	prefix, _, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	prefix, _, _ = strings.Cut(prefix, "_")
	_, signed := signature.Scope(r)
	switch {
	case prefix == "Kinesis", prefix == "Firehose":
		return strings.ToLower(prefix)
	case signed != "" && signed != "s3express" && signed != "kinesis" && signed != "s3":
		return signed
	case prefix != "" && r.Header.Get("X-Amz-Target") != prefix:
		return prefix
	case signed == "kinesis", r.Header.Get("X-Amz-Target") != "":
		return "kinesis" // it answers with an error that says what is wrong
	case r.URL.Path == "/" && (r.URL.Query().Has("Action") || isForm(r)):
		return "sts" // unsigned: STS refuses it
	}
	return "s3"
}

func isForm(r *http.Request) bool {
	contentType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return r.Method == http.MethodPost && strings.TrimSpace(contentType) == "application/x-www-form-urlencoded"
}

// maxForm bounds the body of a call in the query protocol, in bytes.
const maxForm = 64 << 10

func formOf(w http.ResponseWriter, r *http.Request) url.Values {
	if !isForm(r) {
		return r.URL.Query()
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	if err != nil {
		return nil
	}
	form, _ := url.ParseQuery(string(body)) // a malformed form names no action
	return form
}

// operationOf is the operation that a request names, or else its method and path.
func operationOf(r *http.Request, form url.Values) string {
	if _, operation, found := strings.Cut(r.Header.Get("X-Amz-Target"), "."); found {
		return operation
	}
	if action := form.Get("Action"); action != "" {
		return action
	}
	return r.Method + " " + r.URL.Path
}

// refuseService answers, in the service's own protocol, that the service is not imitated. SDKs do not retry a request with that status.
func (p *Pipeline) refuseService(w http.ResponseWriter, r *http.Request, service, operation string) {
	if isForm(r) {
		operation = operationOf(r, formOf(w, r))
	}
	why := fmt.Sprintf("%s (%s) is not imitated on one machine; these are: %s", service, operation, imitated)
	if service == "logs" {
		why += p.insteadOfLogs(w, r)
	}
	p.sayNotImitated(why)
	const code, status = "NotImplemented", http.StatusNotImplemented
	awsError{code, code, status, status, why}.write(w, r, service)
}

// awsError is an error in any of AWS's protocols.
type awsError struct {
	// code and status are for the protocols of JSON and CBOR, queryCode and queryStatus for those with XML.
	code, queryCode     string
	status, queryStatus int
	why                 string
}

// write answers a call of a service in its own protocol.
func (f awsError) write(w http.ResponseWriter, r *http.Request, service string) {
	header, status := w.Header(), f.queryStatus
	var body []byte
	switch {
	case r.Header.Get("Smithy-Protocol") == "rpc-v2-cbor":
		header.Set("Smithy-Protocol", "rpc-v2-cbor")
		header.Set("X-Amzn-Query-Error", f.queryCode+";Sender")
		header.Set("Content-Type", "application/cbor")
		status, body = f.status, cborTexts("__type", f.code, "message", f.why)
	case service == "ec2":
		header.Set("Content-Type", "text/xml")
		body = inXML(struct {
			XMLName xml.Name `xml:"Response"`
			Code    string   `xml:"Errors>Error>Code"`
			Message string   `xml:"Errors>Error>Message"`
			ID      string   `xml:"RequestID"`
		}{Code: f.queryCode, Message: f.why, ID: header.Get(requestID)})
	case isForm(r), slices.Contains([]string{"cloudfront", "route53"}, service):
		header.Set("Content-Type", "text/xml")
		body = queryError(header.Get(requestID), f.queryCode, f.why)
	default:
		header.Set("Content-Type", "application/x-amz-json-1.1")
		header.Set("X-Amzn-Errortype", f.code)
		status = f.status
		body, _ = json.Marshal(map[string]string{"__type": f.code, "message": f.why}) // of strings
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client may have gone
	}
}

func inXML(value any) []byte {
	text, _ := xml.Marshal(value) // of strings
	return append([]byte(xml.Header), text...)
}

func queryError(id, code, why string) []byte {
	return inXML(struct {
		XMLName   xml.Name `xml:"ErrorResponse"`
		Type      string   `xml:"Error>Type"`
		Code      string   `xml:"Error>Code"`
		Message   string   `xml:"Error>Message"`
		RequestID string   `xml:"RequestId"`
	}{Type: "Sender", Code: code, Message: why, RequestID: id})
}

// cborTexts is a map of texts in CBOR (RFC 8949, section 3), each below 65,536 bytes.
func cborTexts(pairs ...string) []byte {
	out := []byte{0xa0 | byte(len(pairs)/2)}
	for _, text := range pairs {
		text = text[:min(len(text), 1<<16-1)]
		out = append(out, 0x79, byte(len(text)>>8), byte(len(text)))
		out = append(out, text...)
	}
	return out
}

// sayNotImitated logs each refused operation once.
func (p *Pipeline) sayNotImitated(what string) {
	first, last := p.notImitated.first(what)
	if first {
		p.opts.Logger.Warn("a client used an operation that is not imitated", "what", what)
	}
	if last {
		p.opts.Logger.Warn("too many operations that are not imitated were used: no more are logged", "count", maxSaid)
	}
}

// versionOfSTS is that of its API, which each call names (API reference of STS, Common Parameters).
const versionOfSTS = "2011-06-15"

// serveIdentity answers STS's GetCallerIdentity.
//
// Assumption LOC-3: STS's GetCallerIdentity answers in the form of the API reference (AWS Security Token Service,
// GetCallerIdentity), with the user that signed. Here that is the account's user with the key's name, as for a method with IAM
// authorisation, and any key is accepted. AWS generates the UserId; here it is the key's id.
func (p *Pipeline) serveIdentity(w http.ResponseWriter, r *http.Request) {
	form := formOf(w, r)
	header, id := w.Header(), signature.KeyID(r)
	header.Set("Content-Type", "text/xml")
	action := form.Get("Action")
	switch {
	case id == "":
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write(queryError(header.Get(requestID), "MissingAuthenticationToken", "Request is missing Authentication Token; a request without one is taken as STS's or that of a service that is not imitated; these are: "+imitated))
	case action == "GetCallerIdentity" && form.Get("Version") != versionOfSTS:
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write(queryError(header.Get(requestID), "InvalidAction", fmt.Sprintf("Could not find operation GetCallerIdentity for version %s. Send Version=%s.",
			cmp.Or(form.Get("Version"), "NO_VERSION_SPECIFIED"), versionOfSTS)))
	case action != "GetCallerIdentity":
		why := fmt.Sprintf("sts (%s) is not imitated on one machine; these are: %s", operationOf(r, form), imitated)
		p.sayNotImitated(why)
		w.WriteHeader(http.StatusNotImplemented)
		_, _ = w.Write(queryError(header.Get(requestID), "NotImplemented", why))
	default:
		_, principal, _ := p.credentials(id)
		_, _ = w.Write(inXML(struct {
			XMLName   xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ GetCallerIdentityResponse"`
			ARN       string   `xml:"GetCallerIdentityResult>Arn"`
			UserID    string   `xml:"GetCallerIdentityResult>UserId"`
			Account   string   `xml:"GetCallerIdentityResult>Account"`
			RequestID string   `xml:"ResponseMetadata>RequestId"`
		}{ARN: principal, UserID: id, Account: account, RequestID: header.Get(requestID)}))
	}
}
