package console

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/certs/strict"
)

//go:embed all:dist
var built embed.FS

const (
	// nonceMark stands in the built page where each answer's nonce belongs.
	nonceMark = "SANDI-NONCE"
	// assetsDir holds files whose names change with their content.
	assetsDir = "assets/"
)

// mediaTypes are those of the files that a build makes; others are not served.
var mediaTypes = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
	".txt": "text/plain; charset=utf-8", ".png": "image/png", ".woff2": "font/woff2", ".json": "application/json",
}

// policy lets a page do what the console does and nothing else. Scripts are files
// of this host, without exception. Styles are files or carry the answer's nonce:
// antd writes <style> elements while it runs. Pictures may be data: for the
// watermark, which is drawn in the page.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-" + nonceMark + "'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// asset is one built file. Most of them are sent compressed, which is done once,
// when it is first asked for.
type asset struct {
	media  string
	policy string // of a page that stands alone
	body   []byte
	packed func() []byte
}

// pages are what a build made.
type pages struct {
	index  []byte
	policy string
	files  map[string]*asset // by path below /console/
}

// loadPages reads the embedded build.
func loadPages(dist fs.FS) (*pages, error) {
	p := &pages{policy: policy, files: map[string]*asset{}}
	err := fs.WalkDir(dist, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		body, err := fs.ReadFile(dist, name)
		if err != nil {
			return err
		}
		if name == "index.html" {
			p.index = body
			return nil
		}
		if name == VerifyName {
			found := metaPolicy.FindSubmatch(body)
			if found == nil {
				return fmt.Errorf("%s: it has no policy", name)
			}
			alone := string(found[1]) + "; frame-ancestors 'none'"
			p.files[name] = &asset{media: "text/html; charset=utf-8", policy: alone, body: body, packed: sync.OnceValue(func() []byte { return pack(body) })}
			return nil
		}
		media := mediaTypes[path.Ext(name)]
		if media == "" {
			return fmt.Errorf("%s: a file of a kind that the console does not serve", name)
		}
		p.files[name] = &asset{media: media, body: body, packed: sync.OnceValue(func() []byte { return pack(body) })}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("couldn't read the built console: %w", err)
	}
	if !bytes.Contains(p.index, []byte(nonceMark)) {
		return nil, errors.New("couldn't read the built console: its page has no place for a nonce")
	}
	return p, nil
}

func pack(body []byte) []byte {
	var out bytes.Buffer
	zip, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is a valid one
	_, _ = zip.Write(body)                                    // a buffer takes everything
	_ = zip.Close()
	return out.Bytes()
}

// page answers with the one page of the console; the path is its own business.
func (p *pages) page(w http.ResponseWriter, _ *http.Request) {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // crypto/rand cannot fail
	nonce := strict.B64(raw)
	body := bytes.ReplaceAll(p.index, []byte(nonceMark), []byte(nonce))
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Content-Security-Policy", strings.ReplaceAll(p.policy, nonceMark, nonce))
	h.Set("Cache-Control", "no-store") // a nonce is for one answer
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "geolocation=(self), camera=(), microphone=(), usb=(), payment=()")
	w.Write(body)
}

// file answers with a built file; false when there is none of that name.
func (p *pages) file(w http.ResponseWriter, r *http.Request, name string) bool {
	a := p.files[name]
	if a == nil {
		return false
	}
	h := w.Header()
	h.Set("Content-Type", a.media)
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if a.policy != "" {
		h.Set("Content-Security-Policy", a.policy)
		h.Set("Referrer-Policy", "no-referrer")
	}
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	if strings.HasPrefix(name, assetsDir) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	body := a.body
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = a.packed()
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body)
	return true
}

// below answers everything under /console/: a built file, or the page. A missing
// asset is not found: a page in its place would be run as a script.
func (d *Door) below(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("path")
	if d.pages.file(w, r, name) {
		return
	}
	if strings.HasPrefix(name, assetsDir) || path.Ext(name) != "" {
		d.router.Fail(w, r, problem.New(problem.NotFound))
		return
	}
	d.pages.page(w, r)
}

// VerifyName is the built page that verifies printed codes; it needs no node. Its script and
// style stand in it, so that it works from a disk: it brings a policy that names both by their
// hash and forbids every request, and is served under the same.
const VerifyName = "verify.html"

var metaPolicy = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy" content="([^"]+)"`)

// VerifyPage is that page as a file of its own.
func VerifyPage() ([]byte, error) {
	page, err := built.ReadFile("dist/" + VerifyName)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the built console: %w", err)
	}
	return page, nil
}
