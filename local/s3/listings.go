package s3

import (
	"cmp"
	"encoding/base64"
	"encoding/xml"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/johannesboyne/gofakes3"
)

// listResult is the answer to ListObjects and ListObjectsV2. A member that one of them lacks is nil there.
type listResult struct {
	XMLName               xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListBucketResult"`
	Name                  string
	Prefix                string
	Marker                *string
	NextMarker            string `xml:",omitempty"`
	ContinuationToken     string `xml:",omitempty"`
	NextContinuationToken string `xml:",omitempty"`
	StartAfter            string `xml:",omitempty"`
	KeyCount              *int
	MaxKeys               int64
	Delimiter             string `xml:",omitempty"`
	EncodingType          string `xml:",omitempty"`
	IsTruncated           bool
	Contents              []listedObject
	CommonPrefixes        []gofakes3.CommonPrefix
}

type listedObject struct {
	Key          string
	LastModified string
	ETag         string
	Size         int64
	StorageClass string
	Owner        *owner
}

type owner struct{ ID string }

// everyones owns each bucket and object. Its ID stands for the canonical user ID of the one account.
var everyones = owner{strings.Repeat("0", 64)}

// listQuery is what a listing asks for.
type listQuery struct {
	url.Values
	v2      bool
	most    int64
	after   string
	encoded func(string) string
}

func invalid(message string) error {
	return gofakes3.ErrorMessage(gofakes3.ErrInvalidArgument, message)
}

// readListQuery reads a listing's parameters.
//
// Assumption S3-8: S3's ListObjects, ListObjectsV2 and ListMultipartUploads refuse with InvalidArgument a negative number of keys, an
// encoding-type other than url, and a continuation token or upload-id-marker that is none of theirs; AWS documents neither the code nor
// the messages. With encoding-type=url, keys and prefixes come in the encoding of a query, with "/" as it is. ListObjects names the owner
// of each object, ListObjectsV2 only with fetch-owner=true (S3 API reference, ListObjectsV2). A marker below a common prefix is after all
// of that prefix, but not the start-after of ListObjectsV2; times have no fractions of a second (localstack's
// test_s3_list_operations.py, recorded on AWS, which has no such start-after).
func readListQuery(query url.Values) (listQuery, error) {
	q := listQuery{Values: query, v2: query.Get("list-type") == "2", most: gofakes3.MaxBucketKeys, after: query.Get("marker")}
	var err error
	if q.encoded, err = readEncoding(query); err != nil {
		return q, err
	}
	if text := query.Get("max-keys"); text != "" {
		most, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return q, notInteger("max-keys")
		}
		if most < 0 {
			return q, invalid("Argument maxKeys must be an integer between 0 and 2147483647")
		}
		q.most = min(most, gofakes3.MaxBucketKeys)
	}
	if !q.v2 {
		if common, rolled := commonPrefix(q.after, query.Get("prefix"), query.Get("delimiter")); rolled {
			q.after = common
		}
		return q, nil
	}
	q.after = query.Get("start-after")
	if query.Has("continuation-token") {
		after, err := base64.URLEncoding.DecodeString(query.Get("continuation-token"))
		if err != nil || len(after) == 0 {
			return q, invalid("The continuation token provided is incorrect")
		}
		q.after = string(after)
	}
	return q, nil
}

// readEncoding reads how a listing writes its keys.
func readEncoding(query url.Values) (func(string) string, error) {
	switch query.Get("encoding-type") {
	case "":
		if !query.Has("encoding-type") {
			return func(text string) string { return text }, nil
		}
	case "url":
		return func(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "%2F", "/") }, nil
	}
	return nil, invalid("Invalid Encoding Method specified in Request")
}

// listObjects answers ListObjects and ListObjectsV2.
func (g guard) listObjects(query url.Values, bucket string) (*listResult, error) {
	if err := g.needBucket(bucket); err != nil {
		return nil, err
	}
	q, err := readListQuery(query)
	if err != nil {
		return nil, err
	}
	prefix := gofakes3.NewPrefix(nil, nil)
	prefix.Prefix, prefix.Delimiter = q.Get("prefix"), q.Get("delimiter")
	list, err := g.backend().ListBucket(bucket, &prefix, gofakes3.ListBucketPage{Marker: q.after, HasMarker: q.after != "", MaxKeys: q.most})
	if err != nil {
		return nil, err
	}
	result := &listResult{
		Name: bucket, Prefix: q.encoded(prefix.Prefix), Delimiter: q.encoded(prefix.Delimiter), EncodingType: q.Get("encoding-type"),
		MaxKeys: q.most, IsTruncated: list.IsTruncated,
	}
	for _, each := range list.CommonPrefixes {
		result.CommonPrefixes = append(result.CommonPrefixes, gofakes3.CommonPrefix{Prefix: q.encoded(each.Prefix)})
	}
	for _, each := range list.Contents {
		result.Contents = append(result.Contents, q.object(each))
	}
	q.page(result, list.NextMarker)
	return result, nil
}

func (q listQuery) object(c *gofakes3.Content) listedObject {
	object := listedObject{Key: q.encoded(c.Key), LastModified: inXML(c.LastModified.Time), ETag: c.ETag, Size: c.Size, StorageClass: string(c.StorageClass)}
	if !q.v2 || q.Get("fetch-owner") == "true" {
		object.Owner = &everyones
	}
	return object
}

// page says which page a result is, and where the next one begins; next is "" on the last page.
func (q listQuery) page(result *listResult, next string) {
	if !q.v2 {
		marker := q.encoded(q.Get("marker"))
		result.Marker = &marker
		if result.Delimiter != "" { // without one, the last key is the next marker (API reference, ListObjects)
			result.NextMarker = q.encoded(next)
		}
		return
	}
	count := len(result.Contents) + len(result.CommonPrefixes)
	result.KeyCount = &count
	if result.ContinuationToken = q.Get("continuation-token"); result.ContinuationToken == "" {
		result.StartAfter = q.encoded(q.Get("start-after"))
	}
	result.NextContinuationToken = base64.URLEncoding.EncodeToString([]byte(next))
}

// inXML is a time as S3 writes it in XML, in whole seconds as in the header Last-Modified.
func inXML(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05") + ".000Z" }

// bucketList is the answer to ListBuckets.
type bucketList struct {
	XMLName           xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListAllMyBucketsResult"`
	Owner             owner
	Buckets           []listedBucket `xml:"Buckets>Bucket"`
	ContinuationToken string         `xml:",omitempty"`
	Prefix            string         `xml:",omitempty"`
}

type listedBucket struct {
	Name         string
	CreationDate string
	BucketRegion string `xml:",omitempty"`
	BucketARN    string `xml:"BucketArn"`
}

// listBuckets answers ListBuckets.
//
// Assumption S3-15: S3's ListBuckets takes prefix, max-buckets (1 to 10,000), continuation-token and bucket-region, and with any of them
// names each bucket's region. It refuses another bucket-region than its own (S3 API reference, ListBuckets). It always names each bucket's
// ARN (localstack's test_s3.py, recorded on AWS).
func (g guard) listBuckets(query url.Values) (*bucketList, error) {
	most, after, err := readBucketQuery(query, g.region)
	if err != nil {
		return nil, err
	}
	buckets, err := g.backend().ListBuckets()
	if err != nil {
		return nil, err
	}
	slices.SortFunc(buckets, func(a, b gofakes3.BucketInfo) int { return cmp.Compare(a.Name, b.Name) })
	list := &bucketList{Owner: everyones, Prefix: query.Get("prefix")}
	region := ""
	if slices.ContainsFunc([]string{"prefix", "max-buckets", "continuation-token", "bucket-region"}, query.Has) {
		region = g.region
	}
	for _, each := range buckets {
		if !strings.HasPrefix(each.Name, list.Prefix) || each.Name <= after {
			continue
		}
		if len(list.Buckets) == most {
			list.ContinuationToken = base64.URLEncoding.EncodeToString([]byte(list.Buckets[most-1].Name))
			break
		}
		list.Buckets = append(list.Buckets, listedBucket{each.Name, inXML(each.CreationDate.Time), region, g.arn(each.Name)})
	}
	return list, nil
}

// readBucketQuery reads how many buckets a ListBuckets asks for, after which name.
func readBucketQuery(query url.Values, here string) (most int, after string, err error) {
	most, err = strconv.Atoi(cmp.Or(query.Get("max-buckets"), "10000"))
	if err != nil || most < 1 || most > 10_000 {
		return 0, "", invalid("Argument max-buckets must be an integer between 1 and 10000")
	}
	if region := query.Get("bucket-region"); region != "" && region != here {
		return 0, "", invalid("Requests with bucket-region specified must be made to the corresponding regional endpoint")
	}
	name, err := base64.URLEncoding.DecodeString(query.Get("continuation-token"))
	if err != nil {
		return 0, "", invalid("The continuation token provided is incorrect")
	}
	return most, string(name), nil
}
