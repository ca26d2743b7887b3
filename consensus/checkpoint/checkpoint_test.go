package checkpoint

import (
	"bytes"
	"strings"
	"testing"

	f_log "github.com/transparency-dev/formats/log"

	"sandi.internal/gateway/consensus/merkle"
)

func TestBody(t *testing.T) {
	for _, c := range []Checkpoint{
		sample(),
		{Origin: origin, Root: merkle.EmptyRoot},
		{Origin: strings.Repeat("o", maxOrigin), Size: maxSize, Root: merkle.LeafHash(nil)},
	} {
		body := c.Body()
		got, err := ParseBody(body)
		if err != nil || got != c {
			t.Errorf("%q: got %+v, %v", body, got, err)
		}
		var theirs f_log.Checkpoint
		rest, err := theirs.Unmarshal(body)
		if err != nil || len(rest) != 0 || theirs.Origin != c.Origin || theirs.Size != c.Size || !bytes.Equal(theirs.Hash, c.Root[:]) {
			t.Errorf("%q: formats/log reads %+v, %q, %v", body, theirs, rest, err)
		}
		if !bytes.Equal(theirs.Marshal(), body) {
			t.Errorf("formats/log writes %q, want %q", theirs.Marshal(), body)
		}
	}
}

// hostileBodies are near a checkpoint and none; each with the refusal.
func hostileBodies() map[string]struct {
	body string
	want error
} {
	good := string(sample().Body())
	root := strings.Split(good, "\n")[2]
	bad := func(body string) struct {
		body string
		want error
	} {
		return struct {
			body string
			want error
		}{body, ErrNote}
	}
	out := map[string]struct {
		body string
		want error
	}{
		"nothing":               bad(""),
		"one line":              bad(origin + "\n"),
		"no last newline":       bad(strings.TrimSuffix(good, "\n")),
		"extension line":        bad(good + "extension\n"),
		"empty fourth line":     bad(good + "\n"),
		"CRLF":                  bad(strings.ReplaceAll(good, "\n", "\r\n")),
		"empty origin":          bad("\n7\n" + root + "\n"),
		"space in the origin":   bad("go.sum database tree\n7\n" + root + "\n"),
		"plus in the origin":    bad("a+b\n7\n" + root + "\n"),
		"not ASCII":             bad("三地\n7\n" + root + "\n"),
		"long origin":           bad(strings.Repeat("o", maxOrigin+1) + "\n7\n" + root + "\n"),
		"leading zero":          bad(origin + "\n07\n" + root + "\n"),
		"sign":                  bad(origin + "\n+7\n" + root + "\n"),
		"negative":              bad(origin + "\n-7\n" + root + "\n"),
		"no digits":             bad(origin + "\n\n" + root + "\n"),
		"hexadecimal":           bad(origin + "\n0x7\n" + root + "\n"),
		"underscore":            bad(origin + "\n1_0\n" + root + "\n"),
		"full-width digit":      bad(origin + "\n７\n" + root + "\n"),
		"size of 2^63":          bad(origin + "\n9223372036854775808\n" + root + "\n"),
		"size of 2^64":          bad(origin + "\n18446744073709551616\n" + root + "\n"),
		"short root":            bad(origin + "\n7\nAAAA\n"),
		"long root":             bad(origin + "\n7\n" + strings.Repeat("A", 48) + "\n"),
		"unpadded root":         bad(origin + "\n7\n" + strings.TrimRight(root, "=") + "\n"),
		"unused bits":           bad(origin + "\n7\n" + strings.Repeat("A", 42) + "B=\n"),
		"base64url":             bad(origin + "\n7\n" + strings.Repeat("_", 42) + "8=\n"),
		"space behind the root": bad(origin + "\n7\n" + root + " \n"),
	}
	out["another root of nothing"] = struct {
		body string
		want error
	}{origin + "\n0\n" + root + "\n", ErrEmptyRoot}
	return out
}

func TestHostileBodies(t *testing.T) {
	for name, h := range hostileBodies() {
		got, err := ParseBody([]byte(h.body))
		wantErr(t, name, err, h.want)
		if h.want == ErrNote && got != (Checkpoint{}) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}
