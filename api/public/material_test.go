package public_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/public"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/vault"
)

func (d *door) put(content string, headers ...string) *httptest.ResponseRecorder {
	d.t.Helper()
	return d.do("PUT", "/v1/materials", content, append([]string{"Content-Type", "application/octet-stream", "Idempotency-Key", client.NewKey()}, headers...)...)
}

func digestOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}

// Ensure a file goes into the vault once and comes back as an attachment, to
// the bureau's own people who have to do with it only.
func TestMaterial(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	content := "<script>alert(1)</script>" + strings.Repeat("证据", 1<<16)
	key := client.NewKey()
	w := d.put(content, "Idempotency-Key", key, "Content-Digest", digestOf(content), "Content-Disposition", "attachment; filename*=UTF-8''%E5%90%88%E5%90%8C.html")
	var m v1.Material
	if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil || w.Code != http.StatusCreated || m.Size != int64(len(content)) || w.Header().Get("Location") != "/v1/materials/"+m.Commitment {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	var again v1.Material
	if err := json.Unmarshal(d.put(content, "Idempotency-Key", key).Body.Bytes(), &again); err != nil || again != m {
		t.Errorf("sent again: %+v, first %+v", again, m)
	}
	problemOf(t, d.put("other", "Idempotency-Key", key, "Content-Digest", digestOf("other")), 422, problem.KeyReused)
	if len(d.bureau.Vault.Contents()) != 1 {
		t.Errorf("%d objects in the vault", len(d.bureau.Vault.Contents()))
	}

	path := "/v1/materials/" + m.Commitment
	w = d.do("GET", path, "")
	if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), []byte(content)) {
		t.Fatalf("%d, %d bytes", w.Code, w.Body.Len())
	}
	for name, want := range map[string]string{
		"Content-Type": "application/octet-stream", "X-Content-Type-Options": "nosniff", "Content-Disposition": "attachment; filename*=UTF-8''%E5%90%88%E5%90%8C.html",
		"Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "no-store",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}

	district := solo.Someone(solo.Beijing, "gao", "officer")
	district.Org = "110114-SJ"
	problemOf(t, d.as(district).do("GET", path, ""), 404, problem.NotFound)
	problemOf(t, d.as(solo.Someone(solo.Tianjin, "zhao", "clerk")).do("GET", path, ""), 404, problem.NotFound)
	problemOf(t, d.as(solo.Someone(solo.Beijing, "yun", "operator")).do("GET", path, ""), 403, problem.Forbidden)
	problemOf(t, d.do("GET", "/v1/materials/sc1."+strings.Repeat("A", 43), ""), 404, problem.NotFound)
	problemOf(t, d.do("GET", "/v1/materials/..%2f..%2fetc", ""), 404, problem.NotFound)

	// A record that names it opens it to the region's other people.
	with := strings.Replace(assistance, `"fieldwork"`, `"materials":[{"kind":"documentary","pages":3,"commitment":"`+m.Commitment+`","size":`+jsonInt(m.Size)+`}],"fieldwork"`, 1)
	record := d.open("assistance", "clerk", with).Record
	if w := d.as(district).do("GET", path+"?record="+record, ""); w.Code != 200 {
		t.Errorf("with the record: %d %s", w.Code, w.Body)
	}
	plain := d.open("assistance", "clerk", assistance).Record
	problemOf(t, d.as(district).do("GET", path+"?record="+plain, ""), 404, problem.NotFound)
}

func jsonInt(n int64) string { b, _ := json.Marshal(n); return string(b) }

// Ensure bad uploads leave nothing in the vault.
func TestBadUploads(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	name := func(n string) []string { return []string{"Content-Disposition", "attachment; filename*=UTF-8''" + n} }
	for _, tc := range []struct {
		name, content string
		headers       []string
		status        int
		code          string
	}{
		{"empty", "", nil, 422, problem.EmptyMaterial},
		{"wrong digest", "abc", []string{"Content-Digest", digestOf("abd")}, 422, problem.DigestMismatch},
		{"malformed digest", "abc", []string{"Content-Digest", "sha-256=:AAAA:"}, 422, problem.ValidationFailed},
		{"JSON", "{}", []string{"Content-Type", "application/json"}, 415, problem.MediaType},
		{"multipart", "{}", []string{"Content-Type", "multipart/form-data; boundary=x"}, 415, problem.MediaType},
		{"gzip", "abc", []string{"Content-Encoding", "gzip"}, 415, problem.ContentEncoding},
		{"no key", "abc", []string{"Idempotency-Key", ""}, 400, problem.KeyRequired},
		{"path in the name", "abc", name("..%2Fetc%2Fpasswd"), 422, problem.ValidationFailed},
		{"backslash in the name", "abc", name("a%5Cb"), 422, problem.ValidationFailed},
		{"dots", "abc", name(".."), 422, problem.ValidationFailed},
		{"CR LF in the name", "abc", name("a%0D%0ASet-Cookie%3A%20x"), 422, problem.ValidationFailed},
		{"RTL override in the name", "abc", name("%E2%80%AEgpj.exe"), 422, problem.ValidationFailed},
		{"NUL in the name", "abc", name("a%00b"), 422, problem.ValidationFailed},
		{"long name", "abc", name(strings.Repeat("a", 300)), 422, problem.ValidationFailed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			problemOf(t, d.put(tc.content, tc.headers...), tc.status, tc.code)
		})
	}
	problemOf(t, d.do("PUT", "/v1/materials?x=1", "abc", "Content-Type", "application/octet-stream", "Idempotency-Key", client.NewKey()), 422, problem.ValidationFailed)
	r := d.request("PUT", "/v1/materials", "abc", "Content-Type", "application/octet-stream", "Idempotency-Key", client.NewKey())
	r.ContentLength = 5 << 30
	w := httptest.NewRecorder()
	d.bureau.API.ServeHTTP(w, r)
	problemOf(t, w, 413, problem.BodyTooLarge)
	r = d.request("PUT", "/v1/materials", "abc", "Content-Type", "application/octet-stream", "Idempotency-Key", client.NewKey())
	r.ContentLength = 5 // the rest never comes
	w = httptest.NewRecorder()
	d.bureau.API.ServeHTTP(w, r)
	problemOf(t, w, 400, problem.BadRequest)
	problemOf(t, d.as(solo.Someone(solo.Beijing, "shen", "auditor")).put("abc"), 403, problem.Forbidden)
	problemOf(t, d.as(solo.Someone(solo.Tianjin, "zhao", "clerk")).put("abc"), 403, problem.ForeignBody)
	if left := d.bureau.Vault.Contents(); len(left) != 0 {
		t.Errorf("bad uploads left %d objects", len(left))
	}
}

// Ensure the real vault serves both doors: files, private fields, and its
// refusals as problems.
func TestRealVault(t *testing.T) {
	db, err := engine.Open(engine.Options{Dir: t.TempDir(), Kind: engine.Vault, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	v, err := vault.Open(vault.Options{DB: db, Key: vault.NewKey(vault.AES256GCM{}), MaxObject: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{Vault: public.Vault{Vault: v, Max: 1 << 20}})
	content := strings.Repeat("证据", 1<<15)
	var m v1.Material
	if w := d.put(content, "Content-Digest", digestOf(content), "Content-Disposition", "attachment; filename=a.pdf"); w.Code != http.StatusCreated || json.Unmarshal(w.Body.Bytes(), &m) != nil {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w := d.do("GET", "/v1/materials/"+m.Commitment, ""); w.Body.String() != content || w.Header().Get("Content-Disposition") != "attachment; filename*=UTF-8''a.pdf" {
		t.Errorf("%d, %d bytes, %v", w.Code, w.Body.Len(), w.Header())
	}
	problemOf(t, d.put(strings.Repeat("x", 1<<20+1)), 413, problem.BodyTooLarge)
	problemOf(t, d.put("abc", "Content-Digest", digestOf("abd")), 422, problem.DigestMismatch)
	problemOf(t, d.do("GET", "/v1/materials/sc1."+strings.Repeat("A", 43), ""), 404, problem.NotFound)

	record := d.open("assistance", "clerk", assistance).Record
	var rec v1.Record
	d.get("/v1/records/"+record, &rec)
	problemOf(t, d.do("GET", "/v1/materials/"+rec.Commits["contact"]+"?record="+record, ""), 404, problem.NotFound)
	var kept v1.PrivateValues
	if d.get("/v1/records/"+record+"/private", &kept); len(kept.Items) != 1 || kept.Items[0].See != "commit" || string(kept.Items[0].Value) != `"张三 010-12345678"` {
		t.Errorf("a committed field: %+v", kept)
	}
}
