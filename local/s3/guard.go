package s3

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/md5" //nolint:gosec // S3's own checksum
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/johannesboyne/gofakes3"

	"cdk.tf/go/ingest/internal/region"
	"cdk.tf/go/ingest/local/internal/signature"
)

// guard stands before gofakes3 and handles the requests that gofakes3 gets wrong. gofakes3 takes an unknown sub-resource for the
// object itself (PutObjectTagging would replace the object with its tags). It stores chunk signatures as content in all but one of
// AWS's streaming encodings. It lets any web page read and write every bucket; S3 does so only if the bucket has a CORS
// configuration.
type guard struct{ *Service }

// imitated names the operations of S3 that run here, for messages.
const imitated = "buckets (create, head, list, location, delete), objects (put, get, head, list, copy, delete one or many) and uploads in parts"

// subresources are S3's sub-resources, except those that are answered or handled apart: uploads, uploadId, versioning, versionId,
// location, delete (S3's API reference, "Actions").
var subresources = []string{
	"abac", "accelerate", "acl", "analytics", "attributes", "cors", "encryption", "intelligent-tiering", "inventory",
	"legal-hold", "lifecycle", "logging", "metadataConfiguration", "metadataTable", "metrics", "notification",
	"object-lock", "ownershipControls", "policy", "policyStatus", "publicAccessBlock", "renameObject", "replication",
	"requestPayment", "restore", "retention", "select", "session", "tagging", "torrent", "versions", "website",
}

func (g guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = withSigned(r)
	same := &sameOrigin{ResponseWriter: w, id: fmt.Sprintf("%016X", g.requests.Add(1))}
	g.nameRegion(same, r)
	gone := g.present()
	switch what := unimitated(r); {
	case gone != nil:
		refuse(same, r, gone)
	case r.Method == http.MethodOptions:
		// S3's own answer to a preflight where a bucket has no CORS configuration.
		answer(same, r, http.StatusForbidden, errorBody{Code: "AccessForbidden", Message: "CORSResponse: CORS is not enabled for this bucket."})
	case what != "":
		g.refuseUnimitated(same, r, what)
	default:
		if err := g.prepare(same, r); err != nil {
			refuse(same, r, err)
		} else if !g.serve(same, r) {
			g.pass(same, r)
		}
	}
	if !same.begun {
		same.WriteHeader(http.StatusOK)
	}
}

// nameRegion puts the region into the answer to a request of a bucket.
//
// Assumption S3-11: S3's answers to HeadBucket and ListObjects name the bucket's region in x-amz-bucket-region, errors too (S3 API
// reference, HeadBucket, BucketRegion). SDKs look there for the region of a bucket. HeadBucket names the bucket's ARN too, and that
// its name is no alias of an access point (localstack's test_create_bucket_head_bucket, recorded on AWS).
func (g guard) nameRegion(w http.ResponseWriter, r *http.Request) {
	if bucket, key := named(r); key == "" && bucket != "" && g.needBucket(bucket) == nil {
		w.Header().Set("X-Amz-Bucket-Region", g.region)
		if r.Method == http.MethodHead {
			w.Header().Set(bucketARN, g.arn(bucket))
			w.Header().Set("X-Amz-Access-Point-Alias", "false")
		}
	}
}

// bucketARN is the header with the ARN of a bucket that was made or found.
const bucketARN = "X-Amz-Bucket-Arn"

func (g guard) arn(bucket string) string {
	return "arn:" + region.Partition(g.region) + ":s3:::" + bucket
}

// made answers a CreateBucket that succeeded (S3 API reference, CreateBucket, response syntax).
func (g guard) made(w http.ResponseWriter, bucket string) {
	w.Header().Set("Location", "/"+bucket)
	w.Header().Set(bucketARN, g.arn(bucket))
	w.WriteHeader(http.StatusOK)
}

// prepare checks a request's headers and parameters, and decodes and bounds its body.
func (g guard) prepare(w http.ResponseWriter, r *http.Request) error {
	if err := errors.Join(g.checkRegion(w, r), g.checkExpiry(r), g.checkOwner(r), g.checkSource(r), checkMetadata(r), checkDirectives(r), checkNumbers(r), g.checkHeaders(r), checkDigest(r), checkAlgorithm(r), checkChoice(r)); err != nil {
		return err
	}
	trailer, err := dechunk(r)
	if err == nil {
		err = boundDocument(w, r)
	}
	if err != nil {
		return err
	}
	body, unknown := verify(r, trailer)
	if unknown != "" {
		return g.notImitated(strings.ToLower(unknown))
	}
	if !isCompletion(r) { // a completion's checksum is the object's, not the body's
		r.Body = body
	}
	return nil
}

// checkOwner checks the account that a request expects to own its bucket, or the bucket of a copy's source.
//
// Assumption S3-10: S3 answers 403 AccessDenied to a call whose x-amz-expected-bucket-owner or x-amz-source-expected-bucket-owner is
// not the bucket's owner (S3 API reference, PutObject, ExpectedBucketOwner).
func (g guard) checkOwner(r *http.Request) error {
	for _, name := range []string{"x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"} {
		expected := cmp.Or(r.Header.Get(name), r.URL.Query().Get(name)) // a request without a signature may have it in the query
		if expected != "" && expected != g.account {
			return gofakes3.ErrorMessagef("AccessDenied", "Access Denied: %s is %s, and the account here is %s", name, expected, g.account)
		}
	}
	return nil
}

const encryption = "X-Amz-Server-Side-Encryption"

// encryptions are the values of that header (S3 API reference, PutObject). Nothing is encrypted here.
var encryptions = []string{"AES256", "aws:kms", "aws:kms:dsse", "aws:fsx"}

// checkDirectives checks a copy's choice between the source's metadata or tags and the request's (S3 API reference, CopyObject), and the
// name of an encryption.
func checkDirectives(r *http.Request) error {
	if value := r.Header.Get(encryption); value != "" && !slices.Contains(encryptions, value) {
		return gofakes3.ErrorMessagef("InvalidEncryptionAlgorithmError", "The encryption request that you specified is not valid: %s is %s; use one of %s",
			strings.ToLower(encryption), value, strings.Join(encryptions, ", "))
	}
	// The words are S3's (aws/aws-cli#1431).
	if key := encryption + "-Aws-Kms-Key-Id"; r.Header.Get(key) != "" && !strings.HasPrefix(r.Header.Get(encryption), "aws:kms") {
		return invalid("Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms")
	}
	for name, kind := range map[string]string{"X-Amz-Metadata-Directive": "metadata", "X-Amz-Tagging-Directive": "tagging"} {
		if value := r.Header.Get(name); value != "" && value != "COPY" && value != "REPLACE" {
			return invalid("Unknown " + kind + " directive.")
		}
	}
	return nil
}

// checkNumbers checks the numbers among the parameters of parts and uploads, for which gofakes3 has other errors or none.
func checkNumbers(r *http.Request) error {
	query := r.URL.Query()
	number := func(name string) (int64, bool) {
		n, err := strconv.ParseInt(query.Get(name), 10, 32)
		return n, err == nil
	}
	isPart := r.Method == http.MethodPut && query.Has("uploadId")
	if n, ok := number("partNumber"); (isPart || query.Has("partNumber")) && (!ok || n < 1 || n > gofakes3.MaxUploadPartNumber) {
		return invalid("Part number must be an integer between 1 and 10000, inclusive")
	}
	for _, name := range []string{"max-parts", "max-uploads", "part-number-marker"} {
		switch n, ok := number(name); {
		case query.Get(name) == "":
		case !ok:
			return notInteger(name)
		case n < 0:
			return invalid("Argument " + name + " must be an integer between 0 and 2147483647")
		}
	}
	return nil
}

// notInteger is the error of a parameter that is no number (versity/versitygw#1794 has S3's words for max-uploads).
func notInteger(name string) error {
	return invalid("Provided " + name + " not an integer or within integer range")
}

func copiesPart(r *http.Request) bool {
	return r.Method == http.MethodPut && r.URL.Query().Has("uploadId") && r.Header.Get(copySource) != ""
}

func isCompletion(r *http.Request) bool {
	return r.Method == http.MethodPost && r.URL.Query().Has("uploadId")
}

// serve answers the requests that gofakes3 does not, and reports whether it did.
func (g guard) serve(w http.ResponseWriter, r *http.Request) bool {
	bucket, key := named(r)
	query := r.URL.Query()
	switch {
	case copiesPart(r):
		result, err := backend{Service: g.Service, asked: r}.copyPart()
		g.answer(w, r, result, err)
	case r.Method == http.MethodPut && bucket != "" && key == "":
		g.creates(w, r, bucket)
	case r.Method == http.MethodPost && query.Has("delete"):
		return g.refuseSelection(w, r)
	case isCompletion(r):
		return g.refuseCompletion(w, r, bucket, key)
	case r.Method != http.MethodGet:
		return false
	case key == "":
		return g.serveBucket(w, r, bucket)
	case query.Has("tagging"):
		g.serveTags(w, r, bucket, key)
	case query.Has("uploadId"):
		list, err := g.listParts(query, bucket, key)
		g.answer(w, r, list, err)
	default:
		return false
	}
	return true
}

// refuseCompletion refuses a completion that gofakes3 would take, or refuse otherwise. It calls one without a body malformed before it
// looks for the upload: S3 answers NoSuchUpload or InvalidRequest (localstack's test_multipart_no_such_upload and
// test_multipart_complete_multipart_too_small, recorded on AWS). It does not read the checksums of parts.
func (g guard) refuseCompletion(w http.ResponseWriter, r *http.Request, bucket, key string) bool {
	body, err := io.ReadAll(r.Body) // bounded
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err == nil {
		err = g.needBucket(bucket)
	}
	if err == nil {
		err = g.checkCompletion(bucket, key, gofakes3.UploadID(r.URL.Query().Get("uploadId")), body)
	}
	if err == nil {
		return false
	}
	g.answer(w, r, nil, err)
	return true
}

func (g guard) checkCompletion(bucket, key string, id gofakes3.UploadID, body []byte) error {
	u, err := g.upload(bucket, key, id)
	switch {
	case err != nil && len(body) > 0: // a completion that is sent again
		return nil
	case err != nil:
		return err
	}
	defer u.mu.Unlock()
	if len(body) == 0 {
		return gofakes3.ErrorMessage("InvalidRequest", "You must specify at least one part")
	}
	return u.checkParts(g.Service, body)
}

// serveTags answers that an object has no tags, because a write with tags is refused. The AWS CLI asks for them before it copies a
// large object.
func (g guard) serveTags(w http.ResponseWriter, r *http.Request, bucket, key string) {
	_, err := g.backend().HeadObject(bucket, key)
	g.answer(w, r, struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ Tagging"`
		TagSet  struct{}
	}{}, err)
}

// serveBucket answers a GET of a bucket or, without one, of all of them, and reports whether it did.
func (g guard) serveBucket(w http.ResponseWriter, r *http.Request, bucket string) bool {
	query := r.URL.Query()
	switch {
	case bucket == "":
		list, err := g.listBuckets(query)
		g.answer(w, r, list, err)
	case query.Has("versioning"):
		// A bucket whose versioning was never set has no Status (S3 API reference, GetBucketVersioning).
		g.answer(w, r, struct {
			XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ VersioningConfiguration"`
		}{}, g.needBucket(bucket))
	case query.Has("location"):
		g.answer(w, r, struct {
			XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ LocationConstraint"`
			Region  string   `xml:",chardata"`
		}{Region: strings.TrimSuffix(g.region, defaultRegion)}, g.needBucket(bucket))
	case query.Has("uploads"):
		list, err := g.listUploads(query, bucket)
		g.answer(w, r, list, err)
	case query.Has("uploadId"):
		return false
	default:
		list, err := g.listObjects(query, bucket)
		g.answer(w, r, list, err)
	}
	return true
}

// bucketWish is the body of a CreateBucket, which gofakes3 does not read.
type bucketWish struct {
	LocationConstraint string
	Location, Bucket   *struct{}
	Tags               *struct{}
}

// creates answers a CreateBucket. gofakes3 reads no body, and refuses names that S3 gives, such as ok.bucket.
//
// Assumption S3-14: S3's CreateBucket answers IllegalLocationConstraintException at a region's endpoint if LocationConstraint names
// another region or none; us-east-1 itself is InvalidLocationConstraint (S3 API reference, "Error responses"). Only the endpoint in
// us-east-1 takes none, and makes buckets in other regions too.
func (g guard) creates(w http.ResponseWriter, r *http.Request, bucket string) {
	body, err := io.ReadAll(r.Body) // bounded
	var wish bucketWish
	if err == nil && len(body) > 0 && xml.Unmarshal(body, &wish) != nil {
		err = gofakes3.ErrMalformedXML
	}
	where := wish.LocationConstraint
	switch {
	case err != nil:
	case wish.Tags != nil, wish.Location != nil, wish.Bucket != nil:
		err = g.notImitated("Tags, Location or Bucket in CreateBucket")
	case where == defaultRegion:
		err = gofakes3.ErrorMessage("InvalidLocationConstraint", "The specified location-constraint is not valid")
	case where != "" && g.region == defaultRegion:
		err = g.notImitated("bucket in another region (" + where + "; the stack's is " + g.region + ")")
	case where != strings.TrimSuffix(g.region, defaultRegion):
		err = gofakes3.ErrorMessagef("IllegalLocationConstraintException",
			"The %s location constraint is incompatible for the region specific endpoint this request was sent to.", cmp.Or(where, "unspecified"))
	case g.needBucket(bucket) == nil:
		g.makeAgain(w, r, bucket)
		return
	default:
		err = g.backend().CreateBucket(bucket)
	}
	if err != nil {
		refuse(w, r, failed(err))
		return
	}
	g.made(w, bucket)
}

// makeAgain answers a request that creates an existing bucket.
//
// Assumption S3-6: S3's CreateBucket answers 200 in us-east-1 and 409 elsewhere for a bucket that you own already (S3 API
// reference, CreateBucket, BucketAlreadyOwnedByYou).
func (g guard) makeAgain(w http.ResponseWriter, r *http.Request, bucket string) {
	if g.region != defaultRegion {
		answer(w, r, http.StatusConflict, errorBody{
			Code:    "BucketAlreadyOwnedByYou",
			Message: "Your previous request to create the named bucket succeeded and you already own it.",
		})
		return
	}
	g.made(w, bucket)
}

// deletion is what a DeleteObjects says of an object beside its key; gofakes3 reads the key alone.
type deletion struct {
	Key              string
	VersionID        string  `xml:"VersionId"`
	ETag             *string `xml:"ETag"`
	LastModifiedTime *string
	Size             *string
}

// unimitated names the part of a deletion that would be silently dropped; "" means none.
func (d deletion) unimitated() string {
	switch {
	case isVersion(d.VersionID):
		return "VersionId " + d.VersionID + noVersions
	case d.ETag != nil:
		return "condition ETag"
	case d.LastModifiedTime != nil:
		return "condition LastModifiedTime"
	case d.Size != nil:
		return "condition Size"
	}
	return ""
}

// maxDeleted is how many objects a DeleteObjects names at most (S3 API reference, DeleteObjects). S3 answers MalformedXML to more
// (aws/aws-sdk-java#1293), and to none.
const maxDeleted = 1000

// readSelection reads what a DeleteObjects names. gofakes3 takes any document, and compares no digest of it.
//
// S3 needs Content-MD5 or a checksum, which the caller compares (S3 API reference, DeleteObjects; the words are those in aws/aws-cli#400).
func readSelection(header http.Header, body []byte) ([]deletion, error) {
	if len(header["Content-Md5"]) == 0 && len(sumsIn(header)) == 0 {
		return nil, gofakes3.ErrorMessage("InvalidRequest", "Missing required header for this request: Content-MD5 (or one of x-amz-checksum-*, such as x-amz-checksum-crc32)")
	}
	if len(header["Content-Md5"]) > 0 {
		want, err := base64.StdEncoding.DecodeString(header.Get("Content-Md5"))
		is := md5.Sum(body) //nolint:gosec // S3's own checksum
		if err != nil || len(want) != len(is) {
			return nil, gofakes3.ErrInvalidDigest
		}
		if !bytes.Equal(want, is[:]) {
			return nil, gofakes3.ErrBadDigest
		}
	}
	var asked struct {
		XMLName xml.Name `xml:"Delete"`
		Object  []deletion
	}
	wrong := func(why string) error {
		return gofakes3.ErrorMessagef(gofakes3.ErrMalformedXML, "%s (%s)", malformed, why)
	}
	if err := xml.Unmarshal(body, &asked); err != nil {
		return nil, wrong(err.Error())
	}
	if len(asked.Object) == 0 || len(asked.Object) > maxDeleted {
		return nil, wrong(fmt.Sprintf("it names %d objects; name 1 to %d", len(asked.Object), maxDeleted))
	}
	if slices.ContainsFunc(asked.Object, func(one deletion) bool { return one.Key == "" }) {
		return nil, wrong("an Object has no Key")
	}
	return asked.Object, nil
}

// refuseSelection refuses a DeleteObjects that names versions, conditions, or another number of objects than S3 takes.
func (g guard) refuseSelection(w http.ResponseWriter, r *http.Request) bool {
	body, err := io.ReadAll(r.Body) // bounded
	if err != nil {
		g.answer(w, r, nil, err)
		return true
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	asked, err := readSelection(r.Header, body)
	if err != nil {
		g.answer(w, r, nil, err)
		return true
	}
	for _, each := range asked {
		if what := each.unimitated(); what != "" {
			g.refuseUnimitated(w, r, what+" in DeleteObjects")
			return true
		}
	}
	return false
}

func (g guard) answer(w http.ResponseWriter, r *http.Request, result any, err error) {
	if err != nil {
		refuse(w, r, failed(err))
		return
	}
	text, err := xml.Marshal(result)
	if err != nil {
		refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	_, _ = w.Write(append([]byte(xml.Header), text...)) // the client may have gone
}

// withoutConditions hides from gofakes3 a read's conditions, which it evaluates differently, and of its range what S3 does not heed.
func withoutConditions(r *http.Request) *http.Request {
	plain := *r
	plain.Header = r.Header.Clone()
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		plain.Header.Del("If-None-Match")
		plain.Header.Del("If-Modified-Since")
		plain.Header.Set("Range", heeded(r.Header.Get("Range")))
	}
	return &plain
}

var oneRange = regexp.MustCompile(`^bytes=(?:(\d+)-(\d*)|-(\d+))$`)

// heeded is the part of a Range header that S3 heeds, "" if none. A last byte, or a length of a suffix, beyond what gofakes3 can count is
// beyond the object too.
//
// Assumption S3-16: S3's GetObject and HeadObject ignore a Range that is malformed, ends before it begins or names several ranges, and
// answer 200 with the whole object (versity/versitygw#1120, which compares with S3; basho/riak_cs#304 has a recording of several ranges).
func heeded(header string) string {
	found := oneRange.FindStringSubmatch(header)
	if found == nil {
		return ""
	}
	first, err := strconv.ParseInt(found[1], 10, 64)
	last, lastErr := strconv.ParseInt(found[2], 10, 64)
	suffix, suffixErr := strconv.ParseInt(found[3], 10, 64)
	switch {
	case err == nil && lastErr == nil && first > last:
		return ""
	case errors.Is(lastErr, strconv.ErrRange):
		return "bytes=" + found[1] + "-"
	case errors.Is(suffixErr, strconv.ErrRange):
		return fmt.Sprintf("bytes=-%d", suffix) // the largest
	}
	return header
}

// maxMetadata bounds user-defined metadata, names and values together, in bytes (S3 user guide, "Working with object metadata").
const maxMetadata = 2 << 10

func checkMetadata(r *http.Request) error {
	size := 0
	for name, values := range r.Header {
		if name, found := strings.CutPrefix(name, userMetadata); found {
			if value := strings.Join(values, ","); !utf8.ValidString(value) { // AWS does not say what it makes of that
				return gofakes3.ErrorMessagef(gofakes3.ErrInvalidArgument, "%s is %q, which is not UTF-8; send UTF-8, or encode the value by RFC 2047", strings.ToLower(userMetadata+name), value)
			}
			size += len(name) + len(strings.Join(values, ","))
		}
	}
	if size > maxMetadata {
		return gofakes3.ErrMetadataTooLarge
	}
	return nil
}

func (g guard) refuseUnimitated(w http.ResponseWriter, r *http.Request, what string) {
	refuse(w, r, g.notImitated(what))
}

// notImitated is the error of a request that is not imitated, of which it tells.
func (g guard) notImitated(what string) error {
	why := "S3's " + what + " is not imitated on one machine; these are: " + imitated
	g.tell(why)
	return gofakes3.ErrorMessage(gofakes3.ErrNotImplemented, why)
}

// maxDocument bounds a request's XML, in bytes. gofakes3 reads it into memory: at most 1,000 keys to delete, or 10,000 parts to join.
const maxDocument = 8 << 20

// boundDocument bounds a body that is not an object: that of a POST, or of a PUT of a bucket.
func boundDocument(w http.ResponseWriter, r *http.Request) error {
	_, key := named(r)
	if r.Method != http.MethodPost && (r.Method != http.MethodPut || key != "") {
		return nil
	}
	if r.ContentLength > maxDocument {
		return &gofakes3.ErrorResponse{Code: "MaxMessageLengthExceeded", Message: "Your request was too large."}
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxDocument)
	return nil
}

func readsObject(r *http.Request) bool {
	_, key := named(r)
	return r.Method == http.MethodGet && key != ""
}

// noVersions says in messages why a version cannot be chosen.
const noVersions = " (old versions of an object are not kept here)"

// isVersion reports whether an id names a version. "null" is the only one of an object in a bucket without versioning (S3 user guide,
// "How S3 Versioning works").
func isVersion(id string) bool { return id != "" && id != "null" }

// subresource names the sub-resource that a request is of; "" means none, or the tags of an object that it reads.
func subresource(r *http.Request, query url.Values) string {
	for _, name := range subresources {
		if query.Has(name) && (name != "tagging" || !readsObject(r)) {
			return "?" + name
		}
	}
	return ""
}

// chosenObject names the choice of a version or a part of an object, which would be ignored; "" means none.
func chosenObject(r *http.Request, query url.Values) string {
	_, ofSource, _ := strings.Cut(r.Header.Get(copySource), "?")
	source, _ := url.ParseQuery(ofSource) // a wrong one names no version
	switch {
	case query.Has("versioning") && r.Method != http.MethodGet:
		return "PutBucketVersioning" + noVersions
	case isVersion(source.Get("versionId")):
		return "versionId in " + strings.ToLower(copySource) + noVersions
	case isVersion(query.Get("versionId")):
		return "?versionId" + noVersions
	case query.Has("partNumber") && !query.Has("uploadId"):
		return "?partNumber (where an object's parts begin is not kept here)"
	}
	return ""
}

// unimitated names the part of a request that gofakes3 would take for something else; "" means none.
func unimitated(r *http.Request) string {
	query := r.URL.Query()
	if what := cmp.Or(subresource(r, query), chosenObject(r, query)); what != "" {
		return what
	}
	_, service := signature.Scope(r)
	switch {
	case service == "s3express", query.Has("max-directory-buckets"):
		return "directory buckets (S3 Express One Zone)"
	case r.Method == http.MethodPost && !query.Has("delete") && !query.Has("uploads") && !query.Has("uploadId"):
		return "upload by a browser's form"
	case r.Method == http.MethodPut || r.Method == http.MethodPost || r.Method == http.MethodDelete:
		return unimitatedHeader(r.Header)
	}
	return customerKey(r.Header)
}

// customerKey names a header about a customer's encryption key; "" means none. S3 refuses it for an object that is not encrypted with it.
func customerKey(header http.Header) string {
	for _, name := range slices.Sorted(maps.Keys(header)) {
		if strings.Contains(name, "-Server-Side-Encryption-Customer-") && header.Get(name) != "" {
			return strings.ToLower(name)
		}
	}
	return ""
}

// unimitatedHeader names a header of a write or a deletion that asks for something this service would silently drop. Encryption with S3's keys or
// KMS's is let through, because the notices at the start say that nothing is encrypted.
func unimitatedHeader(header http.Header) string {
	if what := customerKey(header); what != "" {
		return what
	}
	for name := range header {
		value := header.Get(name)
		switch {
		case value == "":
		case slices.Contains([]string{"X-Amz-Tagging", "X-Amz-Website-Redirect-Location", "X-Amz-Write-Offset-Bytes"}, name),
			strings.HasPrefix(name, "X-Amz-Object-Lock-"), strings.HasPrefix(name, "X-Amz-Grant-"), strings.HasPrefix(name, "X-Amz-If-Match-"),
			name == "X-Amz-Bucket-Namespace" && value != "global",
			name == "X-Amz-Bucket-Object-Lock-Enabled" && !strings.EqualFold(value, "false"),
			name == "X-Amz-Object-Ownership" && value != "BucketOwnerEnforced",
			name == "X-Amz-Storage-Class" && value != "STANDARD",
			name == "X-Amz-Acl" && value != "private" && value != "bucket-owner-full-control":
			return strings.ToLower(name) + " " + value
		}
	}
	return ""
}

// sameOrigin removes gofakes3's CORS headers, which let every web page in, from an answer. It writes the names of user-defined
// metadata as S3 does, in lower case (S3 user guide, "Working with object metadata"), because boto3 takes them as they come.
type sameOrigin struct {
	http.ResponseWriter
	id    string
	begun bool
}

// WriteHeader implements http.ResponseWriter.
func (s *sameOrigin) WriteHeader(status int) {
	s.begun = true
	header := s.Header()
	for name, values := range header {
		switch {
		case strings.HasPrefix(name, "Access-Control-"), name == "X-Amz-Delete-Marker": // gofakes3 sends "false"; S3 sends none without versioning
			delete(header, name)
		case strings.HasPrefix(name, userMetadata):
			delete(header, name)
			header[strings.ToLower(name)] = []string{encodedMetadata(strings.Join(values, ","))}
		}
	}
	header.Set("X-Amz-Request-Id", s.id)
	s.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (s *sameOrigin) Write(data []byte) (int, error) {
	if !s.begun {
		s.WriteHeader(http.StatusOK)
	}
	return s.ResponseWriter.Write(data)
}

// dechunk decodes AWS's chunked encoding of a body: an SDK that streams sends "aws-chunked", each chunk with its length,
// perhaps a signature, and perhaps checksums at the end (S3 developer guide, "Signature calculations: transferring payload
// in multiple chunks"). It does not verify signatures. The map gets the headers that follow the content.
func dechunk(r *http.Request) (trailer map[string]string, err error) {
	trailer = map[string]string{}
	keepEncodings(r.Header)
	if !strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		return trailer, nil
	}
	size, err := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64)
	if err != nil || size < 0 {
		return nil, gofakes3.ErrorMessage(gofakes3.ErrMissingContentLength, "x-amz-decoded-content-length is missing")
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{&chunks{source: bufio.NewReader(r.Body), trailer: trailer, declared: trailers(r.Header)}, r.Body}
	r.ContentLength = size
	r.Header.Set("Content-Length", strconv.FormatInt(size, 10))
	r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	return trailer, nil
}

// keepEncodings removes the encoding that S3 does not keep, even where the body does not have it (S3 API reference, "Signature
// calculations: transferring payload in multiple chunks": the object has the encodings "without the aws-chunked value").
func keepEncodings(header http.Header) {
	given := header.Get("Content-Encoding")
	if !strings.Contains(given, "aws-chunked") {
		return
	}
	encodings := strings.FieldsFunc(given, func(c rune) bool { return c == ',' || c == ' ' })
	header.Set("Content-Encoding", strings.Join(slices.DeleteFunc(encodings, func(one string) bool { return one == "aws-chunked" }), ","))
}

// chunks reads the content of an aws-chunked body.
type chunks struct {
	source *bufio.Reader
	left   int64 // of the chunk
	begun  bool
	done   bool
	// trailer gets the checksums that follow the last chunk, by the names of their headers.
	trailer map[string]string
	// declared are the names of those that may follow.
	declared []string
}

// Read implements io.Reader.
func (c *chunks) Read(p []byte) (int, error) {
	if c.done {
		return 0, io.EOF
	}
	if c.left == 0 {
		if err := c.next(); err != nil {
			return 0, err
		}
		if c.done {
			return 0, io.EOF
		}
	}
	n, err := c.source.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	if errors.Is(err, io.EOF) {
		err = gofakes3.ErrIncompleteBody
	}
	return n, err
}

// next reads a chunk's first line, such as "400;chunk-signature=…". After the last chunk come headers.
func (c *chunks) next() error {
	if c.begun {
		if line, err := c.line(); err != nil || line != "" {
			return gofakes3.ErrIncompleteBody
		}
	}
	c.begun = true
	line, err := c.line()
	if err != nil {
		return gofakes3.ErrIncompleteBody
	}
	length, _, _ := strings.Cut(line, ";")
	c.left, err = strconv.ParseInt(strings.TrimSpace(length), 16, 64)
	if err != nil || c.left < 0 {
		return gofakes3.ErrorMessage(gofakes3.ErrIncompleteBody, fmt.Sprintf("%q is not the length of a chunk", length))
	}
	if c.left > 0 {
		return nil
	}
	c.done = true
	return c.readTrailer()
}

// readTrailer reads the headers after the last chunk.
func (c *chunks) readTrailer() error {
	for {
		line, err := c.line()
		if name, value, found := strings.Cut(line, ":"); found {
			name = http.CanonicalHeaderKey(strings.TrimSpace(name))
			if name != "X-Amz-Trailer-Signature" && !slices.Contains(c.declared, name) {
				return errTrailer
			}
			c.trailer[name] = strings.TrimSpace(value)
		} else if line != "" {
			return errTrailer
		}
		if err != nil || line == "" {
			return c.endTrailer()
		}
	}
}

// endTrailer reads what is left after the headers, of which each that was declared must have come.
func (c *chunks) endTrailer() error {
	for _, name := range c.declared {
		if _, came := c.trailer[name]; name != "" && !came {
			return errTrailer
		}
	}
	_, err := io.Copy(io.Discard, c.source)
	return err
}

// line is the next line without its end. It is at most as long as the reader's buffer, 4 KiB.
func (c *chunks) line() (string, error) {
	line, err := c.source.ReadSlice('\n')
	if err != nil {
		return "", err
	}
	return string(bytes.TrimRight(line, "\r\n")), nil
}
