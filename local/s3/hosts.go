package s3

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/johannesboyne/gofakes3"
)

// hosted moves the bucket from a request's host to its path. The host becomes the address's own, because the answer to
// CompleteMultipartUpload has a link with the bucket in its path.
func (s *Service) hosted(next http.Handler) http.Handler {
	if s.byHost == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		bucket, address := s.byHost(r.Host)
		if bucket == "" {
			next.ServeHTTP(w, r)
			return
		}
		exists, err := s.backend().BucketExists(bucket)
		if creates := r.Method == http.MethodPut && strings.Trim(r.URL.Path, "/") == ""; err != nil || !exists && !creates {
			if err == nil {
				err = gofakes3.ErrorMessagef(gofakes3.ErrNoSuchBucket, "The specified bucket does not exist: the host %s names the bucket %s. "+
					"If %[3]s is an endpoint of your own and the bucket is in the path, start ingest up with --allow-host %[3]s", r.Host, bucket, hostName(r.Host))
			}
			refuse(w, r, err)
			return
		}
		inPath := *r
		inPath.URL = new(url.URL)
		*inPath.URL = *r.URL
		inPath.URL.Path, inPath.URL.RawPath = "/"+bucket+r.URL.Path, ""
		if r.URL.RawPath != "" {
			inPath.URL.RawPath = "/" + bucket + r.URL.RawPath
		}
		inPath.Host = address
		if _, port, err := net.SplitHostPort(r.Host); err == nil {
			inPath.Host = net.JoinHostPort(address, port)
		}
		next.ServeHTTP(w, &inPath)
	})
}

func hostName(host string) string { return (&url.URL{Host: host}).Hostname() }
