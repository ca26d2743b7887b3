package serve

import (
	"net/http"
	"net/netip"
	"strings"
	"time"

	"sandi.internal/gateway/api/problem"
)

// Guard stands before the router and refuses what no handler should ever see.
type Guard struct {
	Next *Router
	// Hosts are the names this door answers for, without port; empty means any
	// (behind a private listener). Literal IP addresses and "localhost" always
	// pass: they cannot be rebound by a foreign DNS zone.
	Hosts []string

	origin  *http.CrossOriginProtection
	limit   *Concurrency
	timeout time.Duration // for a body; BodyTimeout but in tests
}

// NewGuard makes the guard of a door. At most inFlight requests are worked on
// at a time before anyone knows whose they are.
func NewGuard(next *Router, hosts []string, inFlight int) *Guard {
	return &Guard{Next: next, Hosts: hosts, origin: http.NewCrossOriginProtection(), limit: NewConcurrency(inFlight), timeout: BodyTimeout}
}

// nosniff is shared by all answers; net/http only reads it.
var nosniff = []string{"nosniff"}

// ServeHTTP checks form only: framing, target, host and origin.
func (g *Guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 || len(r.TransferEncoding) > 0 {
		// Also for requests that are refused: net/http reads what is left of a
		// body before it takes the next request.
		http.NewResponseController(w).SetReadDeadline(time.Now().Add(g.timeout))
	}
	if p := g.check(r); p != nil {
		if p.Code == problem.LengthRequired {
			w.Header().Set("Connection", "close") // whatever follows could be read two ways
		}
		g.Next.refuseEarly(w, r, p)
		return
	}
	if !g.limit.Enter() {
		g.Next.refuseEarly(w, r, problem.New(problem.Overloaded).Retry(time.Second))
		return
	}
	defer g.limit.Leave()
	w.Header()["X-Content-Type-Options"] = nosniff
	g.Next.ServeHTTP(w, r)
}

func (g *Guard) check(r *http.Request) *problem.Problem {
	switch {
	case len(r.TransferEncoding) > 0, r.ContentLength < 0 && r.ProtoMajor == 1:
		return problem.New(problem.LengthRequired)
	case len(r.RequestURI) > MaxTarget:
		return problem.New(problem.URITooLong)
	case !plainPath(r):
		return problem.New(problem.NotFound)
	case !g.host(r.Host):
		return problem.New(problem.BadHost)
	case r.Header.Get("Content-Encoding") != "" && !strings.EqualFold(r.Header.Get("Content-Encoding"), "identity"):
		return problem.New(problem.ContentEncoding)
	case g.origin.Check(r) != nil:
		return problem.New(problem.Forbidden)
	}
	return nil
}

// plainPath reports whether a path is spelled the one way we write paths:
// unreserved ASCII without escapes, empty segments or dot segments. Everything
// else cannot name anything here, and is refused before it is decoded twice by
// someone.
func plainPath(r *http.Request) bool {
	path := r.URL.Path
	if r.URL.RawPath != "" || path == "" || path[0] != '/' {
		return false
	}
	start := 0 // of the current segment
	for i := 1; i <= len(path); i++ {
		if i < len(path) && path[i] != '/' {
			if !pathChar(path[i]) {
				return false
			}
			continue
		}
		segment := path[start+1 : i]
		if segment == "." || segment == ".." || segment == "" && len(path) > 1 {
			return false
		}
		start = i
	}
	// A percent in the target of an accepted path means an escaped plain
	// character; one spelling only.
	target, _, _ := strings.Cut(r.RequestURI, "?")
	return !strings.Contains(target, "%")
}

func pathChar(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '-' || c == '_' || c == '.' || c == '~'
}

func (g *Guard) host(hostport string) bool {
	if len(g.Hosts) == 0 {
		return true
	}
	host := hostport
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		host = host[:i]
	}
	host = strings.Trim(host, "[]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	for _, ours := range g.Hosts {
		if strings.EqualFold(host, ours) {
			return true
		}
	}
	return false
}
