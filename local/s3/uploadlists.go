package s3

import (
	"encoding/xml"
	"net/url"
	"regexp"
	"strconv"

	"github.com/johannesboyne/gofakes3"
)

// uploadList is the answer to ListMultipartUploads, of which gofakes3 lacks the encoding and the owners.
type uploadList struct {
	XMLName            xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListMultipartUploadsResult"`
	Bucket             string
	KeyMarker          string
	UploadIDMarker     string `xml:"UploadIdMarker"`
	NextKeyMarker      string
	NextUploadIDMarker string `xml:"NextUploadIdMarker"`
	Prefix             string `xml:",omitempty"`
	Delimiter          string `xml:",omitempty"`
	EncodingType       string `xml:",omitempty"`
	MaxUploads         int64
	IsTruncated        bool
	Upload             []listedUpload
	CommonPrefixes     []gofakes3.CommonPrefix
}

type listedUpload struct {
	Key              string
	UploadID         string `xml:"UploadId"`
	Initiator, Owner owner
	StorageClass     string
	Initiated        string
}

var uploadID = regexp.MustCompile(`^[0-9a-f]{16}-[0-9a-f]{16}$`)

// readUploadMarker reads where a page of uploads begins. Without a key S3 ignores the upload's id. An upload that ended since the last
// page still marks its place.
func (g guard) readUploadMarker(query url.Values, bucket string) (*gofakes3.UploadListMarker, error) {
	key, id := query.Get("key-marker"), query.Get("upload-id-marker")
	if key == "" || id == "" {
		return &gofakes3.UploadListMarker{Object: key}, nil
	}
	g.uploads.mu.Lock()
	u := g.uploads.byID[gofakes3.UploadID(id)]
	g.uploads.mu.Unlock()
	if !uploadID.MatchString(id) || u != nil && (u.bucket != bucket || u.key != key) {
		return nil, invalid("Invalid uploadId marker")
	}
	return &gofakes3.UploadListMarker{Object: key, UploadID: gofakes3.UploadID(id)}, nil
}

// pageSize reads the size of a page; [checkNumbers] has refused what is no number.
func pageSize(query url.Values, name string) int64 {
	n, err := strconv.ParseInt(query.Get(name), 10, 64)
	if err != nil {
		return gofakes3.DefaultMaxUploads
	}
	return min(n, gofakes3.MaxUploadsLimit)
}

// listUploads answers ListMultipartUploads.
func (g guard) listUploads(query url.Values, bucket string) (*uploadList, error) {
	if err := g.needBucket(bucket); err != nil {
		return nil, err
	}
	encoded, err := readEncoding(query)
	if err != nil {
		return nil, err
	}
	marker, err := g.readUploadMarker(query, bucket)
	if err != nil {
		return nil, err
	}
	most := pageSize(query, "max-uploads")
	if most == 0 {
		most = gofakes3.DefaultMaxUploads
	}
	prefix := gofakes3.NewPrefix(nil, nil)
	prefix.Prefix, prefix.HasPrefix = query.Get("prefix"), query.Get("prefix") != ""
	prefix.Delimiter, prefix.HasDelimiter = query.Get("delimiter"), query.Get("delimiter") != ""
	page, err := g.backend().ListMultipartUploads(bucket, marker, prefix, most)
	if err != nil {
		return nil, err
	}
	list := &uploadList{
		Bucket: bucket, KeyMarker: encoded(page.KeyMarker), UploadIDMarker: string(page.UploadIDMarker),
		NextKeyMarker: encoded(page.NextKeyMarker), NextUploadIDMarker: string(page.NextUploadIDMarker),
		Prefix: encoded(prefix.Prefix), Delimiter: encoded(prefix.Delimiter), EncodingType: query.Get("encoding-type"),
		MaxUploads: most, IsTruncated: page.IsTruncated,
	}
	for _, each := range page.Uploads {
		list.Upload = append(list.Upload, listedUpload{encoded(each.Key), string(each.UploadID), everyones, everyones, string(each.StorageClass), inXML(each.Initiated.Time)})
	}
	for _, each := range page.CommonPrefixes {
		list.CommonPrefixes = append(list.CommonPrefixes, gofakes3.CommonPrefix{Prefix: encoded(each.Prefix)})
	}
	return list, nil
}

// partList is the answer to ListParts, of which gofakes3 lacks the owners.
type partList struct {
	XMLName              xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListPartsResult"`
	Bucket               string
	Key                  string
	UploadID             string `xml:"UploadId"`
	Initiator, Owner     owner
	StorageClass         string
	PartNumberMarker     int
	NextPartNumberMarker int
	MaxParts             int64
	IsTruncated          bool
	Part                 []listedPart
}

type listedPart struct {
	PartNumber   int
	LastModified string
	ETag         string
	Size         int64
}

// listParts answers ListParts.
func (g guard) listParts(query url.Values, bucket, key string) (*partList, error) {
	if err := g.needBucket(bucket); err != nil {
		return nil, err
	}
	marker, _ := strconv.Atoi(query.Get("part-number-marker")) // checkNumbers has refused what is no number
	page, err := g.backend().ListParts(bucket, key, gofakes3.UploadID(query.Get("uploadId")), marker, pageSize(query, "max-parts"))
	if err != nil {
		return nil, err
	}
	list := &partList{
		Bucket: bucket, Key: key, UploadID: string(page.UploadID), Initiator: everyones, Owner: everyones, StorageClass: string(page.StorageClass),
		PartNumberMarker: marker, NextPartNumberMarker: page.NextPartNumberMarker, MaxParts: page.MaxParts, IsTruncated: page.IsTruncated,
	}
	for _, each := range page.Parts {
		list.Part = append(list.Part, listedPart{each.PartNumber, inXML(each.LastModified.Time), each.ETag, each.Size})
	}
	return list, nil
}
