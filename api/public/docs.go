package public

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// docsPage shows the description without a request to anywhere else.
//
//go:embed docs.html
var docsPage []byte

// docs serves the description. It is the same for everybody and needs no token.
func (a *API) docs() {
	for _, d := range []struct {
		id, path, media, summary string
		body                     func() ([]byte, error)
	}{
		{"get-openapi", "/openapi.json", mediaJSON, "This description, OpenAPI 3.1", func() ([]byte, error) { return a.description() }},
		{"get-openapi-30", "/openapi-3.0.json", mediaJSON, "This description for older generators, OpenAPI 3.0", func() ([]byte, error) { return a.older() }},
		{"get-docs", "/docs", "text/html; charset=utf-8", "This description as a page", func() ([]byte, error) { return docsPage, nil }},
	} {
		op := huma.Operation{
			OperationID: d.id, Method: http.MethodGet, Path: d.path, Tags: []string{"description"}, Summary: d.summary,
			Security:  []map[string][]string{},
			Responses: map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{d.media: {}}}},
			Errors:    []int{http.StatusUnprocessableEntity},
		}
		a.plain(op, func(w http.ResponseWriter, r *http.Request) {
			if _, err := query(r); err != nil {
				a.router.Fail(w, r, err)
				return
			}
			body, err := d.body()
			if err != nil {
				a.router.Fail(w, r, err)
				return
			}
			h := w.Header()
			h.Set("Content-Type", d.media)
			h.Set("Content-Length", strconv.Itoa(len(body)))
			h.Set("Cache-Control", "no-cache")
			h.Set("Content-Security-Policy", docsPolicy)
			w.Write(body)
		})
	}
}

// docsPolicy lets the page run its own script and fetch from this host, and
// nothing else.
const docsPolicy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"

// indented makes a description that people can read and diffs can show.
func indented(compact []byte, err error) ([]byte, error) {
	if err != nil {
		return nil, fmt.Errorf("couldn't write the API description: %w", err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, compact, "", "  "); err != nil {
		return nil, fmt.Errorf("couldn't write the API description: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}
