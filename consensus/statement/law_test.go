package statement

import (
	"bytes"
	"compress/flate"
	"errors"
	"strings"
	"testing"
)

func TestLawBodies(t *testing.T) {
	want := ProposeBody{Form: LawProcedure, Name: "case_transfer", Version: 2, From: 1767196800, Text: []byte(strings.Repeat("名称: 案件移送\n", 4_000))}
	raw := want.Marshal()
	if got, err := ParsePropose(raw); err != nil || !bytes.Equal(got.Text, want.Text) || got.Name != want.Name || got.Version != 2 || got.From != want.From || got.Form != LawProcedure {
		t.Fatalf("%v", err)
	}
	if len(raw) > 2_000 {
		t.Errorf("%d bytes of text take %d", len(want.Text), len(raw))
	}
	for kind, want := range map[string]ProposalBody{
		KindLawVote:  {Region: "120000", Proposal: "01J9ZZZZZZZZZZZZZZZZZZZZZZ", Approve: true},
		KindLawAdopt: {Region: "120000", Proposal: "01J9ZZZZZZZZZZZZZZZZZZZZZZ"},
	} {
		if got, err := ParseProposal(kind, want.Marshal(kind)); err != nil || got != want {
			t.Errorf("%s: %+v, %v", kind, got, err)
		}
	}
}

func TestLawBodiesRefused(t *testing.T) {
	good := ProposeBody{Form: LawRules, Name: "rules", Version: 2, From: 1767196800, Text: []byte("x")}
	proposal := string(good.Marshal())
	vote := string(ProposalBody{Region: "120000", Proposal: "01J9ZZZZZZZZZZZZZZZZZZZZZZ"}.Marshal(KindLawVote))
	packed := url64.EncodeToString(Deflate([]byte("x")))
	bomb := url64.EncodeToString(Deflate(make([]byte, MaxLawText+1)))
	for _, tc := range []struct {
		name, in, old, new string
		want               Code
	}{
		{"no form", proposal, `"form":"rules",`, "", CodeMissing},
		{"no name", proposal, `"name":"rules",`, "", CodeMissing},
		{"no version", proposal, `"version":2,`, "", CodeMissing},
		{"no time", proposal, `"from":1767196800,`, "", CodeMissing},
		{"no text", proposal, `,"text":"` + packed + `"`, "", CodeMissing},
		{"another form", proposal, `"form":"rules"`, `"form":"decree"`, CodeForm},
		{"rules under another name", proposal, `"name":"rules"`, `"name":"calendar"`, CodeForm},
		{"version zero", proposal, `"version":2`, `"version":0`, CodeForm},
		{"version beyond reason", proposal, `"version":2`, `"version":99999999`, CodeForm},
		{"time zero", proposal, `"from":1767196800`, `"from":0`, CodeForm},
		{"text not base64", proposal, packed, "*", CodeBase64},
		{"text not compressed", proposal, packed, url64.EncodeToString([]byte("plain")), CodeForm},
		{"an empty text", proposal, packed, url64.EncodeToString(Deflate(nil)), CodeForm},
		{"a text that is not UTF-8", proposal, packed, url64.EncodeToString(Deflate([]byte{0xff})), CodeForm},
		{"a text that unpacks to more", proposal, packed, bomb, CodeForm},
		{"bytes behind the text", proposal, packed, url64.EncodeToString(append(Deflate([]byte("x")), 0)), CodeForm},
		{"another member", proposal, `{"form"`, `{"x":1,"form"`, CodeUnknown},
		{"no region", vote, `"region":"120000",`, "", CodeMissing},
		{"no proposal", vote, `"proposal":"01J9ZZZZZZZZZZZZZZZZZZZZZZ",`, "", CodeMissing},
		{"no verdict", vote, `,"approve":false`, "", CodeMissing},
		{"a verdict in words", vote, "false", `"no"`, CodeWrongType},
		{"no id", vote, `"proposal":"01J9ZZZZZZZZZZZZZZZZZZZZZZ"`, `"proposal":"1"`, CodeForm},
	} {
		changed := strings.Replace(tc.in, tc.old, tc.new, 1)
		if changed == tc.in {
			t.Fatalf("%s: nothing to change in %s", tc.name, tc.in)
		}
		_, err := ParsePropose([]byte(changed))
		if tc.in == vote {
			_, err = ParseProposal(KindLawVote, []byte(changed))
		}
		var refusal *Error
		if !errors.As(err, &refusal) || refusal.Code != tc.want {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
		}
	}
	adopt := ProposalBody{Region: "120000", Proposal: "01J9ZZZZZZZZZZZZZZZZZZZZZZ"}
	if _, err := ParseProposal(KindLawAdopt, adopt.Marshal(KindLawVote)); err == nil {
		t.Error("an adoption with a verdict is read")
	}
}

// FuzzInflate: whatever is packed, what comes out is bounded.
func FuzzInflate(f *testing.F) {
	f.Add(Deflate([]byte("text")))
	f.Add(Deflate(make([]byte, MaxLawText+1)))
	var stored bytes.Buffer
	w, err := flate.NewWriter(&stored, flate.NoCompression)
	if err = errors.Join(err, w.Close()); err != nil {
		f.Fatal(err)
	}
	f.Add(stored.Bytes())
	f.Fuzz(func(t *testing.T, packed []byte) {
		if text, err := Inflate(packed); len(text) > MaxLawText || err != nil && text != nil {
			t.Errorf("%d bytes, %v", len(text), err)
		}
	})
}
