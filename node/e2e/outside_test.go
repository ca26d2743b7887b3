//go:build e2e

package e2e

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/node/demo"
)

// The pinned tools of others, in the module ./outside.
const (
	toolFsck    = "github.com/transparency-dev/tessera/cmd/fsck"
	toolOneshot = "github.com/transparency-dev/tessera/cmd/examples/posix-oneshot"
)

// outside builds a tool of others and returns its path.
func outside(t *testing.T, pkg string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), path.Base(pkg))
	cmd := exec.Command("go", "build", "-o", binary, pkg)
	cmd.Dir = "outside"
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("couldn't build %s: %v: %s", pkg, err, out)
	}
	return binary
}

const (
	// fsckPatience is for a log that holds: it takes less than a second.
	fsckPatience = 60 * time.Second
	// fsckHang is for a log that does not hold: the tool may say so and hang.
	fsckHang = 3 * time.Second
)

var errFsck = errors.New("fsck did not accept the log")

// fsck has Tessera re-derive the log at url, each tile and the root, and check
// its checkpoint under one key. The tool ends with status 0 whatever it found, and
// may hang on a log that does not hold: only the sentence counts.
func fsck(t *testing.T, tool, url string, key checkpoint.Key, origin string, size uint64, patience time.Duration, flags ...string) error {
	t.Helper()
	file := filepath.Join(t.TempDir(), "vkey")
	if err := os.WriteFile(file, []byte(key.VKey()), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, tool, append([]string{"--storage_url=" + url, "--public_key=" + file, "--origin=" + origin, "--ui=false", "--N=8"}, flags...)...)
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, fmt.Appendf(nil, "Successfully fsck'd log with size %d and root ", size)) {
		return fmt.Errorf("%w of %d entries at %s under %s: %v, %s", errFsck, size, url, key.VKey(), err, out)
	}
	return nil
}

// keysOf is what an auditor got out of band: the log's origin, and the log key
// and the cosigner key of every node.
func keysOf(t *testing.T, dir string) (origin string, keys *checkpoint.Keys) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, demo.KeysName))
	if err != nil {
		t.Fatal(err)
	}
	file, err := checkpoint.ParseKeyFile(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range file.List {
		if k.Kind == checkpoint.KindLog {
			origin = k.Name
		}
	}
	if len(file.List) != 6 || origin == "" {
		t.Fatalf("%d keys of origin %q, want a log key and a cosigner key of three nodes", len(file.List), origin)
	}
	return origin, file.Keys()
}

// fetch gets a file of a log.
func fetch(t *testing.T, url string) []byte {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return nil
	}
	return body
}

// awaitSigned waits until a log shows a checkpoint of at least size leaves with
// the signature of every key, and returns its size.
func awaitSigned(t *testing.T, url string, keys *checkpoint.Keys, size uint64) uint64 {
	t.Helper()
	var note *checkpoint.Note
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		var err error
		if note, err = keys.Open(fetch(t, url+"checkpoint")); err == nil && note.Size >= size && len(note.Signatures) == len(keys.List()) {
			return note.Size
		}
		if time.Now().After(end) {
			t.Fatalf("%s shows %+v, want %d leaves under %d keys: %v", url, note, size, len(keys.List()), err)
		}
	}
}

// Ensure Tessera accepts each region's log, published and final, under its log
// key and every other key of the network, at the read-only listener and, with an
// auditor's token, at the public door; and the audit bundle, unpacked.
func TestOutsideReaders(t *testing.T) {
	r := start(t)
	f := r.kill(t) // the log outlives a leader, and gets a few tiles
	for f.Acknowledged < 300 {
		again := r.kill(t)
		f.Acknowledged += again.Acknowledged
	}
	network, signed, err := demo.Existing(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	tool := outside(t, toolFsck)
	origin, keys := keysOf(t, r.dir)
	var size uint64
	for i := range network.Regions {
		for _, prefix := range []string{"log/", "log/final/"} {
			url := fmt.Sprintf("http://127.0.0.1:%d/%s", 25011+i, prefix)
			size = awaitSigned(t, url, keys, max(size, 300))
			for _, k := range keys.List() {
				if err := fsck(t, tool, url, k, origin, size, fsckPatience); err != nil {
					t.Error(err)
				}
			}
		}
	}
	region := network.Regions[0]
	own, _ := keys.Of(region.Code, region.Nodes[0].ID, checkpoint.KindLog)
	token, err := network.Token(demo.Actor{Region: region.Code, Org: region.Code + "-SJ", Role: auth.RoleAuditor, Person: "auditor"})
	if err != nil {
		t.Fatal(err)
	}
	public := signed.Genesis.Regions[0].Nodes[0].Public
	if err := fsck(t, tool, public+"/log/", own, origin, size, fsckPatience, "--bearer_token="+token); err != nil {
		t.Error(err)
	}
	if err := fsck(t, tool, public+"/log/", own, origin, size, fsckHang); !errors.Is(err, errFsck) {
		t.Error("the public door gave entries to somebody without a token")
	}
	stranger := own
	stranger.Public = slices.Clone(own.Public)
	stranger.Public[0] ^= 1
	if err := fsck(t, tool, fmt.Sprintf("http://127.0.0.1:%d/log/", 25011), stranger, origin, size, fsckHang); !errors.Is(err, errFsck) {
		t.Error("fsck accepts a log under a key that is not its own")
	}

	file := filepath.Join(t.TempDir(), "audit.zip")
	export := exec.Command(binary(t), "audit", "export", "--all", "-f", file, "--addr", public)
	export.Env = append(os.Environ(), "SANDI_TOKEN="+token)
	if out, err := export.CombinedOutput(); err != nil {
		t.Fatalf("couldn't export the bundle: %v: %s", err, out)
	}
	bundleHolds(t, tool, file, r.dir)
}

// bundleHolds checks that an unpacked bundle is a log that Tessera accepts under
// every key of the auditor's file, from the disk and from any web server, and
// that it accepts none with one byte changed.
func bundleHolds(t *testing.T, tool, file, keysDir string) {
	t.Helper()
	origin, keys := keysOf(t, keysDir)
	dir := unpack(t, file)
	raw, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	note, err := keys.Open(raw)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer server.Close()
	for _, k := range keys.List() {
		if !note.SignedBy(k) {
			if k.Kind == checkpoint.KindCosigner {
				t.Errorf("the bundle's checkpoint is not signed by %s", k.VKey())
			}
			continue // a node's log line comes a moment after the cosignatures
		}
		for _, url := range []string{"file://" + dir + "/", server.URL + "/"} {
			if err := fsck(t, tool, url, k, origin, note.Size, fsckPatience); err != nil {
				t.Error(err)
			}
		}
	}
	changed := 0
	key := note.Signatures[0].Key
	err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, name)
		if err != nil || d.IsDir() || rel != "checkpoint" && !strings.HasPrefix(rel, "tile"+string(filepath.Separator)) {
			return err
		}
		whole, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		bad, at := bytes.Clone(whole), len(whole)/2
		if rel == "checkpoint" {
			at = bytes.Index(whole, []byte("\n\n")) - 10 // in the root: a signature of another key is nothing to this one
		}
		bad[at] ^= 1
		if err := os.WriteFile(name, bad, 0o600); err != nil {
			return err
		}
		if err := fsck(t, tool, server.URL+"/", key, origin, note.Size, fsckHang); !errors.Is(err, errFsck) {
			t.Errorf("fsck accepts a bundle with one byte of %s changed", rel)
		}
		changed++
		return os.WriteFile(name, whole, 0o600)
	})
	if err != nil || changed < 3 {
		t.Errorf("changed %d files, want the checkpoint and some tiles: %v", changed, err)
	}
	if err := fsck(t, tool, server.URL+"/", key, origin, note.Size, fsckPatience); err != nil {
		t.Errorf("as it was: %v", err)
	}
}

// unpack unzips a bundle as any tool would.
func unpack(t *testing.T, file string) string {
	t.Helper()
	archive, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	dir := t.TempDir()
	if err := os.CopyFS(dir, archive); err != nil {
		t.Fatal(err)
	}
	return dir
}
