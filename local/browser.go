package local

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Any web page in a browser on this machine may send requests here. Two checks keep other pages' scripts out. A request must be for a
// name of this address. And unless it is for the stack's API, which has its own rules, it must not come from another page.

// names are the host names that an address answers to. It refuses any other name that resolves to this machine, so a page cannot
// read the pipeline's data under a name of its own (DNS rebinding).
type names struct {
	exact     map[string]bool // in lower case
	below     []string        // ".example.com" is that name and all below it
	addresses map[netip.Addr]bool
}

// ownNames are the name of an address that the pipeline listens on, and the names that its user gives.
func ownNames(address string, given []string) names {
	n := names{exact: map[string]bool{}, addresses: map[netip.Addr]bool{}}
	for _, name := range append([]string{hostName(address)}, given...) {
		name = strings.ToLower(name)
		if ip, err := netip.ParseAddr(name); err == nil {
			n.addresses[ip.Unmap()] = true
		} else if strings.HasPrefix(name, ".") {
			n.below = append(n.below, name)
		} else {
			n.exact[name] = true
		}
	}
	return n
}

// hostName removes the port from a host, if it has one, and the dot that ends a fully qualified name. It is in lower case.
func hostName(host string) string {
	return strings.ToLower(strings.TrimSuffix((&url.URL{Host: host}).Hostname(), "."))
}

// answer reports whether a request for host is for one of the names. arrived is the local address and port of the connection: a
// request for that IP address is for this machine, whatever interfaces the pipeline listens on.
func (n names) answer(host, arrived string) bool {
	name := hostName(host)
	if ip, err := netip.ParseAddr(name); err == nil {
		ip = ip.Unmap()
		own, err := netip.ParseAddrPort(arrived)
		return ip.IsLoopback() || n.addresses[ip] || err == nil && ip == own.Addr().Unmap()
	}
	if name == "localhost" || strings.HasSuffix(name, ".localhost") || n.exact[name] {
		return true // RFC 6761, section 6.3: the names below localhost are loopback too
	}
	for _, suffix := range n.below {
		if name == suffix[1:] || strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

// beforeS3 matches the labels between a bucket and the name of an address, as on AWS: "s3" and perhaps a region.
var beforeS3 = regexp.MustCompile(`(^|\.)s3(\.[a-z]{2,}(-[a-z]+)+-[0-9]+)?$`)

// bucket returns the bucket that a host names, and the host without it. For localhost and each name that the user gives it is "": there
// the bucket is in the path.
//
// Assumption LOC-2: the host of a request to S3 is BUCKET.NAME, BUCKET.s3.NAME or BUCKET.s3.REGION.NAME, where NAME is the
// endpoint's name (S3 user guide, "Virtual hosting of general purpose buckets"). The SDKs put the bucket before an endpoint that
// is a name, but not before an IP address.
func (n names) bucket(host string) (bucket, address string) {
	name := hostName(host)
	if n.exact[name] {
		return "", name
	}
	bases := slices.Collect(maps.Keys(n.exact))
	for _, suffix := range n.below {
		bases = append(bases, suffix[1:])
	}
	for _, base := range append(bases, "localhost") {
		if before, found := strings.CutSuffix(name, "."+base); found && len(base) > len(address) {
			bucket, address = beforeS3.ReplaceAllString(before, ""), base
		}
	}
	if bucket == "" {
		return "", name
	}
	return bucket, address
}

// refusal answers 403 with the reason.
type refusal func(w http.ResponseWriter, r *http.Request, why string)

// inWords answers with plain text.
func inWords(w http.ResponseWriter, _ *http.Request, why string) {
	http.Error(w, why, http.StatusForbidden)
}

// asAWS answers in the service's error format, whose message the AWS CLI and SDKs show.
func asAWS(w http.ResponseWriter, r *http.Request, why string) {
	contentType, text := "application/xml", []byte(nil)
	if r.Header.Get("X-Amz-Target") != "" {
		contentType = "application/x-amz-json-1.1"
		text, _ = json.Marshal(map[string]string{"__type": "AccessDeniedException", "message": why}) // of strings
	} else {
		text, _ = xml.Marshal(struct {
			XMLName       xml.Name `xml:"Error"`
			Code, Message string
		}{Code: "AccessDenied", Message: why})
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(http.StatusForbidden)
	_, _ = w.Write(text) // the client may have gone
}

// forOwnNames passes on the requests for a name of the address, and refuses the others.
func forOwnNames(n names, refuse refusal, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived := ""
		if addr, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
			arrived = addr.String()
		}
		name := hostName(r.Host)
		if name == "" {
			refuse(w, r, fmt.Sprintf("the request names no host (Host: %q); send the header Host with a name of this address, such as Host: localhost", r.Host))
			return
		}
		if !n.answer(r.Host, arrived) {
			why := fmt.Sprintf("the request is for %q, which is not a name of this address. It answers to localhost, to names below localhost, "+
				"to its own address and to names given with --allow-host: if this name is yours, start ingest up with --allow-host %s", name, name)
			for base := range n.exact { // the other names already cover all names below them
				if strings.HasSuffix(name, "."+base) {
					why += fmt.Sprintf(", or with --allow-host .%s if a bucket precedes %s", base, base)
				}
			}
			refuse(w, r, why)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// withoutOtherPages passes on requests of programs and of pages of the same address, and links that a person follows. It also
// refuses another page's reads, because an image or a script element tells the page which objects exist. It passes preflights on:
// they change nothing, and no service here grants them.
func withoutOtherPages(refuse refusal, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if from := otherPage(r); from != "" && !isFollowed(r) && r.Method != http.MethodOptions {
			refuse(w, r, "the request comes from another page, "+from+": only pages of this address and programs may use it")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// otherPage describes the other page that a request comes from, or returns "". Browsers send Origin with every request except a simple
// GET or HEAD (Fetch Standard, "Append a request Origin header"). Browsers since 2023 send Sec-Fetch-Site with every request (W3C,
// Fetch Metadata Request Headers). A page's script can set neither, and programs send neither. Another port is the same site, but
// another origin. The page's scheme does not matter, because a proxy may terminate TLS. net/http's CrossOriginProtection does the
// same only for requests that change something, and trusts one of the headers.
func otherPage(r *http.Request) string {
	for _, origin := range r.Header.Values("Origin") {
		if parsed, err := url.Parse(origin); err != nil || parsed.Host == "" || parsed.Path != "" || !strings.EqualFold(parsed.Host, r.Host) {
			return fmt.Sprintf("of %q", origin)
		}
	}
	switch site := r.Header.Get("Sec-Fetch-Site"); site {
	case "", "same-origin", "none": // none: the person's own action, as in the address bar
		return ""
	default:
		return fmt.Sprintf("with the Sec-Fetch-Site %q", site)
	}
}

// isFollowed reports whether a request is a followed link, which only shows an object in a tab.
func isFollowed(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && len(r.Header.Values("Origin")) == 0 &&
		r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

// harmless makes browsers trust the declared content type, and run no script in an answer: an event may come from anyone.
func harmless(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Content-Security-Policy", "sandbox")
		next.ServeHTTP(w, r)
	})
}
