package problem

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// Write answers a request with a problem in the caller's language.
func Write(w http.ResponseWriter, r *http.Request, p *Problem) {
	lang := Choose(r.Header.Get("Accept-Language"))
	h := w.Header()
	for name, values := range p.GetHeaders() {
		h[name] = values
	}
	body := p.Body(lang)
	h.Set("Content-Type", ContentType)
	h.Set("Content-Language", string(lang))
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept-Language")
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		w.Write(body)
	}
}

// Body is the JSON of a problem in one language.
func (p *Problem) Body(lang Language) []byte {
	body, _ := json.Marshal(p.In(lang)) // strings, an int and maps of strings always encode
	return append(body, '\n')
}
