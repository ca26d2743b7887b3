package checkpoint

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"sandi.internal/gateway/certs/keyring"
)

func TestKeyFile(t *testing.T) {
	g := sealed(t)
	f, err := KeyFileOf(g)
	if err != nil {
		t.Fatal(err)
	}
	text := f.Marshal()
	if !bytes.Contains(text, []byte("\ngenesis "+g.Fingerprint()+"\n")) {
		t.Errorf("no fingerprint in\n%s", text)
	}
	if f.Network() != g.Network() {
		t.Errorf("network %s, want %s", f.Network(), g.Network())
	}
	got, err := ParseKeyFile(text)
	if err != nil {
		t.Fatal(err)
	}
	if got.Genesis != f.Genesis || len(got.List) != 6 || !bytes.Equal(got.Marshal(), text) {
		t.Errorf("got %+v", got)
	}
	// The keys of the file judge like those of genesis.
	keys, err := FromGenesis(g.Genesis)
	if err != nil {
		t.Fatal(err)
	}
	for i, k := range keys.List() {
		if compareKeys(k, got.Keys().List()[i]) != 0 {
			t.Errorf("key %d is %+v, want %+v", i, got.Keys().List()[i], k)
		}
	}
	if p, want := got.Policy(), PolicyOf(g.Genesis); p.Origin != want.Origin || !slices.Equal(p.Regions, want.Regions) || p.Published != want.Published || p.Final != want.Final {
		t.Errorf("policy %+v, want %+v", p, want)
	}
}

// TestTypedKeyFile: as a person may have typed it, on another system.
func TestTypedKeyFile(t *testing.T) {
	f, err := KeyFileOf(sealed(t))
	if err != nil {
		t.Fatal(err)
	}
	text := string(f.Marshal())
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	fingerprint := strings.ReplaceAll(strings.TrimPrefix(lines[2], "genesis "), " ", "")
	for name, typed := range map[string]string{
		"CRLF and a byte order mark": "\ufeff" + strings.ReplaceAll(text, "\n", "\r\n"),
		"no last newline":            strings.TrimSuffix(text, "\n"),
		"keys first, tabs":           strings.Join(lines[3:], " \t\n\n") + "\n# note\n\t" + lines[2],
		"comments between":           strings.ReplaceAll(text, "\nsandi", "\n  # a key\nsandi"),
		"fingerprint in capitals":    strings.Replace(text, lines[2], "genesis "+strings.ToUpper(fingerprint), 1),
	} {
		got, err := ParseKeyFile([]byte(typed))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if string(got.Marshal()) != text {
			t.Errorf("%s: read as\n%s", name, got.Marshal())
		}
	}
}

// TestKeyFileWithOthers: a foreign log and an outside witness have no holder.
func TestKeyFileWithOthers(t *testing.T) {
	f, err := KeyFileOf(sealed(t))
	if err != nil {
		t.Fatal(err)
	}
	foreign := Key{Kind: KindLog, Name: "foreign.example/log", Public: private(t, keyring.UseLog, 77).Public().Key}
	witness := Key{Kind: KindCosigner, Name: "witness.example", Public: private(t, keyring.UseCosigner, 78).Public().Key}
	text := string(f.Marshal()) + foreign.VKey() + "\n" + witness.VKey() + "\n"
	got, err := ParseKeyFile([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseKeyFile(got.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []Key{foreign, witness} {
		if !slices.ContainsFunc(again.Keys().List(), func(have Key) bool { return compareKeys(have, k) == 0 }) {
			t.Errorf("%s is lost in\n%s", k.VKey(), got.Marshal())
		}
	}
	if len(again.List) != len(f.List)+2 {
		t.Errorf("%d keys", len(again.List))
	}
}

func TestHostileKeyFiles(t *testing.T) {
	f, err := KeyFileOf(sealed(t))
	if err != nil {
		t.Fatal(err)
	}
	text := string(f.Marshal())
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	log, cosigner := lines[3], lines[len(lines)-1]
	for name, h := range map[string]struct{ text, where string }{
		"nothing":               {"", ""},
		"comments":              {"# nothing\n", ""},
		"keys only":             {strings.Join(lines[3:], "\n"), ""},
		"fingerprint only":      {lines[2] + "\n", ""},
		"two fingerprints":      {text + lines[2] + "\n", "line 10:"},
		"short fingerprint":     {strings.Replace(text, lines[2], lines[2][:len(lines[2])-5], 1), "line 3:"},
		"no hexadecimal":        {strings.Replace(text, lines[2], "genesis "+strings.Repeat("xy", 32), 1), "line 3:"},
		"a key twice":           {text + log + "\n", ""},
		"the key for two nodes": {text + strings.Replace(log, "110000-a", "110000-b", 1) + "\n", ""},
		"no vkey":               {text + "hello\n", "line 10:"},
		"three words":           {text + log + " more\n", "line 10:"},
		"no node":               {strings.Replace(text, log, strings.TrimSuffix(log, "/110000-a"), 1), "line 4:"},
		"no region":             {strings.Replace(text, log, strings.Replace(log, " 110000/", " Beijing/", 1), 1), "line 4:"},
		"node behind cosigner":  {strings.Replace(text, cosigner, cosigner+" 110000/110000-a", 1), "line 9:"},
		"a changed key":         {strings.Replace(text, log[30:40], strings.ToUpper(log[30:40])+"A", 1), "line 4:"},
		"too much":              {text + strings.Repeat("#", MaxKeyFile), ""},
	} {
		got, err := ParseKeyFile([]byte(h.text))
		wantErr(t, name, err, ErrKeyFile)
		if err == nil {
			t.Errorf("%s: got %+v", name, got)
		} else if !strings.Contains(err.Error(), h.where) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q does not name %q on one line", name, err, h.where)
		}
	}
}
