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

// Whoever runs a pipeline has a browser beside it, and any page in that may send requests here. Two checks keep its scripts
// out, before a request is looked at: it must be for a name of this address, and what is no API of its own must not come
// from another page.

// names are what an address answers to. A name that resolves to this machine by somebody else's doing is none of them, so
// that no page reads what is here under its own name (DNS rebinding).
type names struct {
	exact     map[string]bool // in lower case
	below     []string        // ".example.com" is that name and all below it
	addresses map[netip.Addr]bool
}

// ownNames are the names of an address that is listened on, and those that its user gives.
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

// hostName is the host of a host with or without a port, in lower case and without the dot that ends a full name.
func hostName(host string) string {
	return strings.ToLower(strings.TrimSuffix((&url.URL{Host: host}).Hostname(), "."))
}

// answer tells whether a request for host is for one of the names. arrived is the address of this machine that it came to, with
// its port: a request for that IP address is for this machine, whatever interfaces are listened on.
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

// beforeS3 is what may stand between a bucket and the name of an address, as on AWS: "s3" and perhaps a region.
var beforeS3 = regexp.MustCompile(`(^|\.)s3(\.[a-z]{2,}(-[a-z]+)+-[0-9]+)?$`)

// bucket is the one that a host names, and the address's own name without it. It is "" for the address itself, which has the bucket
// in the path: each name that is given, and localhost.
//
// Assumption LOC-2: a host is BUCKET.NAME, BUCKET.s3.NAME or BUCKET.s3.REGION.NAME (S3 user guide, "Virtual hosting of general
// purpose buckets"). The SDKs put the bucket before any endpoint that is a name, and before none that is an IP address.
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

// refusal answers 403, and says why.
type refusal func(w http.ResponseWriter, r *http.Request, why string)

// inWords is for people, and for programs that show what they do not know.
func inWords(w http.ResponseWriter, _ *http.Request, why string) {
	http.Error(w, why, http.StatusForbidden)
}

// asAWS is for the AWS CLI and SDKs, which show the message of an error in their service's form.
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
	_, _ = w.Write(text) // a client that is gone hears nothing
}

// forOwnNames hands on the requests for a name of an address.
func forOwnNames(n names, refuse refusal, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived := ""
		if addr, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
			arrived = addr.String()
		}
		if !n.answer(r.Host, arrived) {
			name := hostName(r.Host)
			why := fmt.Sprintf("the request is for %q, which is no name of this address. It answers to localhost, to names below localhost, "+
				"to its own address and to names given with --allow-host: if this name is yours, start ingest up with --allow-host %s", name, name)
			for base := range n.exact { // the others answer to all below them
				if strings.HasSuffix(name, "."+base) {
					why += fmt.Sprintf(", or with --allow-host .%s where a bucket stands before %s", base, base)
				}
			}
			refuse(w, r, why)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// withoutOtherPages hands on what comes from programs and from pages of the same address, and a link that somebody follows.
// A request that only reads is refused too, because by an image or a script a page could still tell what is there. A preflight
// goes on: it changes nothing, and no service here allows what it asks for.
func withoutOtherPages(refuse refusal, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if from := otherPage(r); from != "" && !isFollowed(r) && r.Method != http.MethodOptions {
			refuse(w, r, "the request comes from another page, "+from+": nothing but a page of this address and programs may use it")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// otherPage says from which other page a request comes; "" is from none. Browsers say so in Origin with each request that is no
// simple GET or HEAD (Fetch Standard, "Append a request Origin header"), and those of 2023 and later in Sec-Fetch-Site
// with all (W3C, Fetch Metadata Request Headers): neither can be set by a page's script. Programs send neither. Another port
// is the same site and another origin. Which scheme a page has is no matter, because a proxy may have taken TLS off.
// net/http's CrossOriginProtection does the like for requests that change something, and believes either header.
func otherPage(r *http.Request) string {
	for _, origin := range r.Header.Values("Origin") {
		if parsed, err := url.Parse(origin); err != nil || parsed.Host == "" || parsed.Path != "" || !strings.EqualFold(parsed.Host, r.Host) {
			return fmt.Sprintf("of %q", origin)
		}
	}
	switch site := r.Header.Get("Sec-Fetch-Site"); site {
	case "", "same-origin", "none": // none is the person's own doing, as in the address bar
		return ""
	default:
		return fmt.Sprintf("with the Sec-Fetch-Site %q", site)
	}
}

// isFollowed tells whether a request only shows what is there, in a tab of its own.
func isFollowed(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && len(r.Header.Values("Origin")) == 0 &&
		r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

// harmless has a browser take what is answered for what it is said to be, and run nothing of it: an event is whoever's
// that submitted it.
func harmless(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Content-Security-Policy", "sandbox")
		next.ServeHTTP(w, r)
	})
}
