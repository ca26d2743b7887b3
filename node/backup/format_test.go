package backup

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// entry is a part of a tar that a test makes by hand.
type entry struct {
	name, text string
	kind       byte
}

func tarOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Size: int64(len(e.text)), Mode: 0o600, Typeflag: tar.TypeReg}
		if e.kind != 0 {
			h.Typeflag, h.Size, h.Linkname = e.kind, 0, "/etc/passwd"
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if e.kind == 0 {
			if _, err := io.WriteString(w, e.text); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// readAll reads every part, and the manifest if there is one.
func readAll(data []byte) (names []string, err error) {
	r := newReader(bytes.NewReader(data))
	for {
		part, in, err := r.next()
		if errors.Is(err, io.EOF) {
			return names, bad("no manifest")
		}
		if err != nil {
			return names, err
		}
		if names = append(names, part.Name); part.Name == partManifest {
			return names, r.end(part, in)
		}
		if _, err := io.Copy(io.Discard, in); err != nil {
			return names, err
		}
	}
}

// whole is a file as Writer makes it.
func whole(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	w := NewWriter(&out, time.Unix(0, 0))
	err := errors.Join(
		w.File("keys/log.pem", []byte("key")), w.File("sandi.yaml", []byte("region")), w.Bytes(partHead, []byte("{}")), w.Bytes(partGenesis, []byte("{}")),
		w.Bytes(partObject+"one", []byte("1")), w.Bytes(partObject+"two", []byte("22")), w.Bytes(partMissing, []byte("{}")), w.Finish(),
	)
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Ensure a file that was written is read, and that no cut and no changed byte of a part
// goes unnoticed.
func TestManifest(t *testing.T) {
	file := whole(t)
	if names, err := readAll(file); err != nil || len(names) != 8 {
		t.Fatalf("%v, %v", names, err)
	}
	for at := 0; at < len(bytes.TrimRight(file, "\x00")); at += 100 { // zeros end a tar
		if _, err := readAll(file[:at]); !errors.Is(err, ErrBad) {
			t.Errorf("cut at byte %d: %v", at, err)
		}
	}
	for _, text := range []string{"key", "region", "22"} {
		changed := bytes.Replace(file, []byte(text), bytes.ToUpper([]byte(strings.ReplaceAll(text, "22", "2x"))), 1)
		if _, err := readAll(changed); !errors.Is(err, ErrBad) {
			t.Errorf("%q was changed: %v", text, err)
		}
	}
	if _, err := readAll(append(bytes.Clone(file), 1)); !errors.Is(err, ErrBad) {
		t.Errorf("a byte behind the end: %v", err)
	}
}

// Ensure hostile parts are refused before anything of them is read.
func TestHostileParts(t *testing.T) {
	for name, entries := range map[string][]entry{
		"a way out":        {{name: "file/../../etc/passwd"}},
		"an absolute path": {{name: "/etc/passwd"}},
		"a link":           {{name: "file/sandi.yaml", kind: tar.TypeSymlink}},
		"a folder":         {{name: "file/keys", kind: tar.TypeDir}},
		"a device":         {{name: "head.json", kind: tar.TypeChar}},
		"a strange part":   {{name: "extra"}},
		"the wrong order":  {{name: partProof}, {name: partHead}},
		"twice":            {{name: partHead}, {name: partHead}},
		"a file again":     {{name: "file/b"}, {name: "file/a"}},
	} {
		data := tarOf(t, entries...)
		names, err := readAll(data)
		if !errors.Is(err, ErrBad) || len(names) == len(entries) {
			t.Errorf("%s: it was read: %v, %v", name, names, err)
		}
	}
	for path, ok := range map[string]bool{
		"sandi.yaml": true, "keys/log.pem": true, "tls/node-key.pem": true, "nodes.json": true,
		"../x": false, "keys/../../x": false, "/x": false, "a/b/c": false, "data/raft": false, "data": false, ".ssh": false, "keys/.x": false, "": false, "x\x00": false, "KEYS/x": false, "keys//x": false,
	} {
		if IsFolderName(path) != ok {
			t.Errorf("%q may stand in the folder: %v", path, !ok)
		}
	}
}

// Ensure a part that says it has holes is refused: a few bytes would fill the disk.
func TestSparsePart(t *testing.T) {
	record := func(key, value string) string {
		text := " " + key + "=" + value + "\n"
		return fmt.Sprint(len(text)+2) + text // of two digits
	}
	extended := record("GNU.sparse.major", "1") + record("GNU.sparse.minor", "0") + record("GNU.sparse.realsize", "1099511627776")
	data := tarOf(t, entry{name: "pax", text: extended}, entry{name: partLedger, text: "1\n0\n1\n" + strings.Repeat("\x00", 505) + "x"})
	data[156] = tar.TypeXHeader // the first entry describes the second
	copy(data[148:156], "        ")
	sum := 0
	for _, b := range data[:512] {
		sum += int(b)
	}
	copy(data[148:156], fmt.Sprintf("%06o\x00 ", sum))
	if head, err := tar.NewReader(bytes.NewReader(data)).Next(); err != nil || head.Size != 1<<40 {
		t.Fatalf("the test makes no sparse part: %+v, %v", head, err)
	}
	if names, err := readAll(data); !errors.Is(err, ErrBad) || len(names) > 0 {
		t.Errorf("it was read: %v, %v", names, err)
	}
}

// Ensure a sealed file opens with its key and with no other, and is whole or an error.
func TestSeal(t *testing.T) {
	private, public, err := NewRecoveryKey()
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := NewRecoveryKey()
	if err != nil {
		t.Fatal(err)
	}
	content := bytes.Repeat([]byte("ledger"), 50_000)
	for _, tc := range []struct {
		lock       Lock
		key, other Key
	}{
		{Lock{Recipients: []string{public}}, Key{Identities: private}, Key{Identities: other}},
		{Lock{Passphrase: "correct horse battery"}, Key{Passphrase: "correct horse battery"}, Key{Passphrase: "another passphrase"}},
	} {
		if testing.Short() && tc.lock.Passphrase != "" {
			continue // a passphrase is made slow to guess
		}
		var file bytes.Buffer
		w, err := Seal(&file, tc.lock)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(file.Bytes(), content[:100]) {
			t.Error("the file holds its content in clear")
		}
		open := func(data []byte, k Key) ([]byte, error) {
			r, err := Open(bytes.NewReader(data), k)
			if err != nil {
				return nil, err
			}
			return io.ReadAll(r)
		}
		if got, err := open(file.Bytes(), tc.key); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		if _, err := open(file.Bytes()[:file.Len()-1], tc.key); err == nil {
			t.Error("a cut file opens")
		}
		if _, err := open(file.Bytes(), Key{Identities: []byte("AGE-NOT-A-KEY")}); err == nil || !strings.Contains(err.Error(), "sandi backup key") {
			t.Errorf("a file that is no recovery key: %v", err)
		}
		if _, err := open(file.Bytes(), tc.other); !errors.Is(err, ErrLocked) {
			t.Errorf("another key: %v", err)
		}
		if _, err := open([]byte("not a backup"), tc.key); !errors.Is(err, ErrNoBackup) {
			t.Errorf("no backup at all: %v", err)
		}
	}
	for name, l := range map[string]Lock{"none": {}, "short": {Passphrase: "short"}, "both": {Passphrase: "correct horse battery", Recipients: []string{public}}, "no key": {Recipients: []string{"age1x"}}} {
		if _, err := Seal(io.Discard, l); err == nil {
			t.Errorf("%s: it seals", name)
		}
	}
}
