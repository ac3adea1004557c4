package s3

import (
	"cmp"
	"crypto/md5" //nolint:gosec // S3's own checksum
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/johannesboyne/gofakes3"
)

// uploads are the multipart uploads that have not ended. They are in memory, and their parts in the folder of temporary files. An
// upload ends with the process, and the next process removes its parts.
type uploads struct {
	mu   sync.Mutex
	byID map[gofakes3.UploadID]*upload
	// completed are the last uploads that were completed, the oldest first.
	completed []completion
}

// maxCompleted bounds how many completions can be repeated. AWS does not say for how long.
const maxCompleted = 1000

// completion is an upload that was completed.
type completion struct {
	id               gofakes3.UploadID
	bucket, key, tag string
}

// complete remembers a completion.
func (u *uploads) complete(one completion) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.completed = append(u.completed, one)
	u.completed = u.completed[max(0, len(u.completed)-maxCompleted):]
}

// wasCompleted reports whether the upload was completed with the same result.
func (u *uploads) wasCompleted(one completion) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Contains(u.completed, one)
}

// tagOf is the ETag, without quotes, of an object that is made of parts with these MD5 sums.
func tagOf(sums [][]byte) string {
	return fmt.Sprintf("%x-%d", md5.Sum(slices.Concat(sums...)), len(sums)) //nolint:gosec // S3's own checksum
}

// tagOfAsked is the ETag of the object that a completion asks for: the ETag of a part is its MD5. It is "" if one is none.
func tagOfAsked(parts []gofakes3.CompletedPart) string {
	var sums [][]byte
	for _, each := range parts {
		sum, err := hex.DecodeString(strings.Trim(each.ETag, `"`))
		if err != nil {
			return ""
		}
		sums = append(sums, sum)
	}
	return tagOf(sums)
}

// upload is one multipart upload. Its folder exists from its first part on.
type upload struct {
	id          gofakes3.UploadID
	bucket, key string
	headers     map[string]string
	// algorithm is that of the parts' checksums, such as SHA256; "" takes any.
	algorithm string
	initiated time.Time

	mu    sync.Mutex
	parts map[int]sentPart
	ended bool // completed or aborted
	// overtaken is set when the object of the upload's key is written or deleted.
	overtaken atomic.Bool
}

// sentPart is a part, which has its own file. A part that is sent again gets a new file.
type sentPart struct {
	file string
	sum  []byte
	size int64
	at   time.Time
}

func (p sentPart) etag() string { return gofakes3.FormatETag(p.sum) }

func (u *upload) folder() string { return path.Join(temporary, "upload-"+string(u.id)) }

// CreateMultipartUpload implements gofakes3.MultipartBackend.
func (s backend) CreateMultipartUpload(bucket, key string, headers map[string]string) (gofakes3.UploadID, error) {
	if err := checkKey(key); err != nil {
		return "", err
	}
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	initiated := s.nextModified()
	// Ids sort by the time of their creation, as listings need, and differ from those of earlier processes.
	u := &upload{
		id:     gofakes3.UploadID(fmt.Sprintf("%016x-%x", initiated.UnixNano(), random)),
		bucket: bucket, key: key, headers: s.kept(headers), algorithm: s.header(checksumPrefix + "Algorithm"), initiated: initiated, parts: map[int]sentPart{},
	}
	s.uploads.mu.Lock()
	defer s.uploads.mu.Unlock()
	s.uploads.byID[u.id] = u
	return u.id, nil
}

// upload finds an upload that has not ended, and locks it; the caller unlocks it.
func (s *Service) upload(bucket, key string, id gofakes3.UploadID) (*upload, error) {
	if err := s.needBucket(bucket); err != nil {
		return nil, err
	}
	s.uploads.mu.Lock()
	u := s.uploads.byID[id]
	s.uploads.mu.Unlock()
	if u == nil || u.bucket != bucket || u.key != key {
		return nil, gofakes3.ErrNoSuchUpload
	}
	u.mu.Lock()
	if u.ended {
		u.mu.Unlock()
		return nil, gofakes3.ErrNoSuchUpload
	}
	return u, nil
}

// overtake marks the uploads of a key whose object changed.
func (u *uploads) overtake(bucket, key string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, each := range u.byID {
		if each.bucket == bucket && each.key == key {
			each.overtaken.Store(true)
		}
	}
}

// end removes an upload with its parts. The caller holds its lock.
func (s *Service) end(u *upload) {
	u.ended = true
	s.uploads.mu.Lock()
	delete(s.uploads.byID, u.id)
	s.uploads.mu.Unlock()
	if err := s.root.RemoveAll(u.folder()); err != nil {
		s.logger.Warn("s3: the parts of an upload are left until the next start", "folder", u.folder(), "error", err)
	}
}

// endUploads ends the uploads of a bucket; "" means all.
func (s *Service) endUploads(bucket string) {
	s.uploads.mu.Lock()
	all := slices.Collect(maps.Values(s.uploads.byID))
	s.uploads.mu.Unlock()
	for _, u := range all {
		if bucket != "" && u.bucket != bucket {
			continue
		}
		u.mu.Lock()
		s.end(u)
		u.mu.Unlock()
	}
}

// UploadPart implements gofakes3.MultipartBackend.
func (s backend) UploadPart(bucket, key string, id gofakes3.UploadID, number int, size int64, input io.Reader) (string, error) {
	u, err := s.upload(bucket, key, id)
	if err != nil {
		return "", err
	}
	u.mu.Unlock() // a part may take long, and others arrive at the same time
	if err := s.checkPartsAlgorithm(u); err != nil {
		return "", err
	}
	p, err := s.writePart(u, number, size, input)
	if err != nil {
		return "", failed(err)
	}
	if _, err := s.upload(bucket, key, id); err != nil { // it ended meanwhile, with or without removing this file
		_ = s.root.RemoveAll(u.folder())
		return "", err
	}
	defer u.mu.Unlock()
	if before, ok := u.parts[number]; ok {
		_ = s.root.Remove(before.file) // if it fails, the folder's removal removes it
	}
	u.parts[number] = p
	return p.etag(), nil
}

// writePart writes a part to a file. It does not sync it: the object is synced when the upload is completed.
func (s *Service) writePart(u *upload, number int, size int64, input io.Reader) (sentPart, error) {
	p := sentPart{at: s.nextModified()}
	p.file = path.Join(u.folder(), fmt.Sprintf("%05d-%d", number, p.at.UnixNano()))
	if err := s.root.MkdirAll(u.folder(), 0o755); err != nil {
		return p, err
	}
	file, err := s.root.OpenFile(p.file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return p, err
	}
	sum := md5.New() //nolint:gosec // as above
	p.size, err = io.Copy(io.MultiWriter(file, sum), io.LimitReader(input, size+1))
	if err == nil && p.size != size {
		err = gofakes3.ErrIncompleteBody
	}
	if err == nil {
		err = s.fault("write")
	}
	p.sum = sum.Sum(nil)
	if err = errors.Join(err, file.Close()); err != nil {
		_ = s.root.Remove(p.file) // if it fails, the folder's removal removes it
	}
	return p, err
}

// AbortMultipartUpload implements gofakes3.MultipartBackend.
func (s backend) AbortMultipartUpload(bucket, key string, id gofakes3.UploadID) error {
	u, err := s.upload(bucket, key, id)
	if err != nil {
		return err
	}
	defer u.mu.Unlock()
	s.end(u)
	return nil
}

// CompleteMultipartUpload implements gofakes3.MultipartBackend. After an error the upload stays as it is.
//
// Assumption S3-21: S3 answers a CompleteMultipartUpload that is sent again after it succeeded as it did the first time (minio/minio#13318
// and adobe/S3Mock#2586, whose scripts were run on S3), so that a client may repeat a call whose answer it did not get. AWS does not say
// for how long; here it is until the process ends, for the last 1,000 uploads.
func (s backend) CompleteMultipartUpload(bucket, key string, id gofakes3.UploadID, asked *gofakes3.CompleteMultipartUploadRequest) (gofakes3.VersionID, string, error) {
	u, err := s.upload(bucket, key, id)
	if again := tagOfAsked(asked.Parts); gofakes3.HasErrorCode(err, gofakes3.ErrNoSuchUpload) && s.uploads.wasCompleted(completion{id, bucket, key, again}) {
		return "", `"` + again + `"`, nil
	}
	if err != nil {
		return "", "", err
	}
	defer u.mu.Unlock()
	chosen, err := u.choose(asked.Parts)
	if err != nil {
		return "", "", err
	}
	var sums [][]byte
	size := int64(0)
	for _, p := range chosen {
		sums = append(sums, p.sum)
		size += p.size
	}
	// The words are those of localstack's test_multipart_size_validation, recorded on AWS.
	if is := strconv.FormatInt(size, 10); cmp.Or(s.header("X-Amz-Mp-Object-Size"), is) != is {
		return "", "", gofakes3.ErrorMessagef("InvalidRequest", "The provided 'x-amz-mp-object-size' header value %s does not match what was computed: %s", s.header("X-Amz-Mp-Object-Size"), is)
	}
	content := &joined{service: s.Service, parts: chosen}
	defer content.close()
	w := &write{service: s.Service, bucket: bucket, key: key, headers: u.headers, size: size, upload: u, tag: tagOf(sums)}
	if err := w.put(s.objectChecked(content), s.writeConditions()); err != nil {
		return "", "", failed(err)
	}
	s.end(u)
	s.uploads.complete(completion{id, bucket, key, w.tag})
	return "", `"` + w.tag + `"`, nil
}

// minPart is the least size of each part but the last, in bytes.
const minPart = 5 << 20

// choose finds the parts that a client names, in their order.
//
// Assumption S3-13: S3's CompleteMultipartUpload answers EntityTooSmall if a part other than the last is smaller than 5 MiB (S3 API
// reference, CompleteMultipartUpload).
func (u *upload) choose(asked []gofakes3.CompletedPart) ([]sentPart, error) {
	if len(asked) == 0 {
		return nil, gofakes3.ErrorMessage(gofakes3.ErrMalformedXML, "name the parts that make up the object")
	}
	for i, each := range asked[1:] {
		if each.PartNumber <= asked[i].PartNumber { // a part that is named twice would be in the object twice
			return nil, gofakes3.ErrInvalidPartOrder
		}
	}
	var chosen []sentPart
	for _, each := range asked {
		p, ok := u.parts[each.PartNumber]
		if !ok || strings.Trim(each.ETag, `"`) != strings.Trim(p.etag(), `"`) {
			return nil, gofakes3.ErrorMessagef(gofakes3.ErrInvalidPart, "part %d with the ETag %s was not uploaded", each.PartNumber, each.ETag)
		}
		if len(chosen) > 0 && chosen[len(chosen)-1].size < minPart {
			return nil, gofakes3.ErrorMessage("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
		}
		chosen = append(chosen, p)
	}
	return chosen, nil
}

// joined reads parts one after the other, with one file open at a time.
type joined struct {
	service *Service
	parts   []sentPart
	open    *os.File
}

// Read implements io.Reader.
func (j *joined) Read(to []byte) (n int, err error) {
	for {
		if j.open == nil {
			if len(j.parts) == 0 {
				return 0, io.EOF
			}
			if j.open, err = j.service.root.Open(j.parts[0].file); err != nil {
				return 0, err
			}
			j.parts = j.parts[1:]
		}
		n, err = j.open.Read(to)
		if !errors.Is(err, io.EOF) {
			return n, err
		}
		j.close()
		if n > 0 {
			return n, nil
		}
	}
}

func (j *joined) close() {
	if j.open != nil {
		_ = j.open.Close() // it was only read
		j.open = nil
	}
}

// ListParts implements gofakes3.MultipartBackend.
func (s backend) ListParts(bucket, key string, id gofakes3.UploadID, marker int, limit int64) (*gofakes3.ListMultipartUploadPartsResult, error) {
	u, err := s.upload(bucket, key, id)
	if err != nil {
		return nil, err
	}
	defer u.mu.Unlock()
	result := &gofakes3.ListMultipartUploadPartsResult{
		Bucket: bucket, Key: key, UploadID: id, MaxParts: limit, PartNumberMarker: marker, StorageClass: gofakes3.StorageStandard,
	}
	for _, number := range slices.Sorted(maps.Keys(u.parts)) {
		if number <= marker {
			continue
		}
		if int64(len(result.Parts)) == limit {
			result.IsTruncated = limit > 0
			break
		}
		p := u.parts[number]
		result.NextPartNumberMarker = number
		result.Parts = append(result.Parts, gofakes3.ListMultipartUploadPartItem{
			PartNumber: number, ETag: p.etag(), Size: p.size, LastModified: gofakes3.NewContentTime(p.at.UTC()),
		})
	}
	return result, nil
}

// ListMultipartUploads implements gofakes3.MultipartBackend. It sorts by key, and within a key by creation time (API reference).
func (s backend) ListMultipartUploads(bucket string, marker *gofakes3.UploadListMarker, prefix gofakes3.Prefix, limit int64) (*gofakes3.ListMultipartUploadsResult, error) {
	result := &gofakes3.ListMultipartUploadsResult{Bucket: bucket, Delimiter: prefix.Delimiter, Prefix: prefix.Prefix, MaxUploads: limit}
	after := gofakes3.UploadListMarker{}
	if marker != nil {
		after = *marker
		result.KeyMarker, result.UploadIDMarker = after.Object, after.UploadID
	}
	var match gofakes3.PrefixMatch
	listed, rolledUp := int64(0), after.Object
	if common, rolled := commonPrefix(after.Object, prefix.Prefix, prefix.Delimiter); rolled {
		rolledUp = common // all of it is before the marker, as in ListObjects
	}
	for _, u := range s.uploadsOf(bucket) {
		if !prefix.Match(u.key, &match) || isBefore(u, after) || match.CommonPrefix && match.MatchedPart == rolledUp {
			continue
		}
		if listed == limit {
			result.IsTruncated = true
			return result, nil
		}
		listed++
		if match.CommonPrefix {
			rolledUp = match.MatchedPart
			result.CommonPrefixes = append(result.CommonPrefixes, match.AsCommonPrefix())
			result.NextKeyMarker, result.NextUploadIDMarker = rolledUp, ""
			continue
		}
		result.Uploads = append(result.Uploads, gofakes3.ListMultipartUploadItem{
			Key: u.key, UploadID: u.id, StorageClass: gofakes3.StorageStandard, Initiated: gofakes3.NewContentTime(u.initiated.UTC()),
		})
		result.NextKeyMarker, result.NextUploadIDMarker = u.key, u.id
	}
	if result.NextUploadIDMarker == "" { // the last page's marker is its last upload, as recorded
		result.NextKeyMarker = ""
	}
	return result, nil
}

func (s *Service) uploadsOf(bucket string) []*upload {
	s.uploads.mu.Lock()
	defer s.uploads.mu.Unlock()
	var of []*upload
	for _, u := range s.uploads.byID {
		if u.bucket == bucket {
			of = append(of, u)
		}
	}
	slices.SortFunc(of, func(a, b *upload) int { return cmp.Or(strings.Compare(a.key, b.key), cmp.Compare(a.id, b.id)) })
	return of
}

// isBefore reports whether an upload is on an earlier page. If the marker has no upload's id, all uploads of its key are.
func isBefore(u *upload, after gofakes3.UploadListMarker) bool {
	return u.key < after.Object || u.key == after.Object && after.Object != "" && (after.UploadID == "" || u.id <= after.UploadID)
}
