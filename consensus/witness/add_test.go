package witness_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/replica/clustertest"
	"sandi.internal/gateway/consensus/witness"
)

// elsewhere is a log outside the federation, made with others' code: sumdb's tree
// and sumdb's notes.
type elsewhere struct {
	t      *testing.T
	signer note.Signer
	key    checkpoint.Key
	hashes []tlog.Hash // as sumdb stores them
	size   int64
}

func newElsewhere(t *testing.T, name string) *elsewhere {
	t.Helper()
	secret, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	e := &elsewhere{t: t}
	if e.signer, err = note.NewSigner(secret); err != nil {
		t.Fatal(err)
	}
	if e.key, err = checkpoint.ParseVKey(vkey); err != nil {
		t.Fatal(err)
	}
	return e
}

// ReadHashes implements tlog.HashReader.
func (e *elsewhere) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		out[i] = e.hashes[at]
	}
	return out, nil
}

func (e *elsewhere) grow(to int64) {
	e.t.Helper()
	for ; e.size < to; e.size++ {
		more, err := tlog.StoredHashes(e.size, fmt.Appendf(nil, "entry %d", e.size), e)
		if err != nil {
			e.t.Fatal(err)
		}
		e.hashes = append(e.hashes, more...)
	}
}

func (e *elsewhere) root(size int64) (root [32]byte) {
	e.t.Helper()
	if size == 0 {
		return merkle.EmptyRoot
	}
	h, err := tlog.TreeHash(size, e)
	if err != nil {
		e.t.Fatal(err)
	}
	return h
}

func (e *elsewhere) note(size int64, root [32]byte) []byte {
	e.t.Helper()
	raw, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", e.signer.Name(), size, base64.StdEncoding.EncodeToString(root[:]))}, e.signer)
	if err != nil {
		e.t.Fatal(err)
	}
	return raw
}

// request is a truthful add-checkpoint request.
func (e *elsewhere) request(old, size int64) []byte {
	e.t.Helper()
	out := fmt.Appendf(nil, "old %d\n", old)
	if old > 0 && old < size {
		proof, err := tlog.ProveTree(size, old, e)
		if err != nil {
			e.t.Fatal(err)
		}
		for _, h := range proof {
			out = fmt.Appendf(out, "%s\n", base64.StdEncoding.EncodeToString(h[:]))
		}
	}
	return append(append(out, '\n'), e.note(size, e.root(size))...)
}

// answered is one question to a witness and what C2SP tlog-witness wants for it.
type answered struct {
	what   string
	body   []byte
	status int
	answer string // in full; empty: any
}

func (n *network) ask(node *clustertest.Node, all []answered) {
	n.t.Helper()
	for _, q := range all {
		a := n.at(node).AddCheckpoint(n.t.(*testing.T).Context(), "", q.body)
		media := "text/plain; charset=utf-8"
		if q.status == witness.StatusConflict {
			media = "text/x.tlog.size"
		}
		if a.Status != q.status || a.Media != media || q.answer != "" && string(a.Body) != q.answer {
			n.t.Errorf("%s: %s: answered %d %s %q, want %d", node.ID, q.what, a.Status, a.Media, a.Body, q.status)
		}
	}
}

// Ensure a log outside the federation is witnessed as C2SP tlog-witness says: each
// status, each reason, in the order that the standard gives them; a cosignature is
// one that others verify, and what it promised outlives a power cut.
func TestOtherLog(t *testing.T) {
	t.Parallel()
	log, unnamed := newElsewhere(t, "log.example.org/a"), newElsewhere(t, "log.example.org/b")
	twin := newElsewhere(t, "log.example.org/a") // the same name, another key
	for _, e := range []*elsewhere{log, unnamed, twin} {
		e.grow(40)
	}
	n := newWitnesses(t, 61, []checkpoint.Key{log.key})
	n.Leader()
	node := n.Nodes[0]
	swap := func(body []byte, from, to string) []byte { return bytes.Replace(body, []byte(from), []byte(to), 1) }
	proofs := func(count int) []byte {
		return []byte("old 0\n" + strings.Repeat(base64.StdEncoding.EncodeToString(make([]byte, 32))+"\n", count) + "\n" + string(log.note(3, log.root(3))))
	}
	n.ask(node, []answered{
		{"no request", []byte("noise"), 400, ""},
		{"nothing", nil, 400, ""},
		{"no old size", log.note(3, log.root(3)), 400, ""},
		{"an old size that is none", swap(log.request(0, 3), "old 0", "old 00"), 400, ""},
		{"a negative old size", swap(log.request(0, 3), "old 0", "old -1"), 400, ""},
		{"no empty line", swap(log.request(0, 3), "\n\n", "\n"), 400, ""},
		{"64 lines of proof", proofs(64), 400, ""},
		{"a request that is too long", append(log.request(0, 3), bytes.Repeat([]byte("— a AAAAAA==\n"), 8000)...), 400, ""},
		{"no note", []byte("old 0\n\n"), 400, ""},
		{"an unknown origin", unnamed.request(0, 3), 404, ""},
		{"an unknown origin, old above the size", unnamed.request(9, 3), 404, ""},
		{"another key of that name", twin.request(0, 3), 403, ""},
		{"a signature of another checkpoint", swap(log.request(0, 3), "\n3\n", "\n4\n"), 403, ""},
		{"old above the size", log.request(9, 3), 400, ""},
		{"old above what was cosigned", log.request(2, 3), 409, "0\n"},
		{"a proof from nothing", proofs(63), 422, ""},
		{"a wrong root of the empty tree", append([]byte("old 0\n\n"), log.note(0, log.root(3))...), 422, ""},
		{"the empty tree", log.request(0, 0), 200, ""},
		{"a first checkpoint", log.request(0, 3), 200, ""},
		{"the same again", log.request(3, 3), 200, ""},
		{"the same from nothing", log.request(0, 3), 409, "3\n"},
		{"another root at that size", append([]byte("old 3\n\n"), log.note(3, twin.root(4))...), 422, ""},
		{"a longer one, from nothing", log.request(0, 20), 409, "3\n"},
		{"a longer one without a proof", append([]byte("old 3\n\n"), log.note(20, log.root(20))...), 422, ""},
		{"a longer one with another's proof", append(log.request(3, 19)[:bytes.Index(log.request(3, 19), []byte("\n\n"))+2], log.note(20, log.root(20))...), 422, ""},
		{"a longer one of another history", append(log.request(3, 20)[:bytes.Index(log.request(3, 20), []byte("\n\n"))+2], log.note(20, log.root(21))...), 422, ""},
		{"a longer one", log.request(3, 20), 200, ""},
		{"an older one", log.request(3, 10), 409, "20\n"},
		{"an older one, old above it", log.request(20, 10), 400, ""},
	})

	a := n.at(node).AddCheckpoint(t.Context(), "", log.request(20, 31))
	key, _ := n.keys().Of(node.Region, node.ID, checkpoint.KindCosigner)
	theirs, err := fnote.NewVerifierForCosignatureV1(key.VKey())
	if err != nil {
		t.Fatal(err)
	}
	opened, err := note.Open(append(log.note(31, log.root(31)), a.Body...), note.VerifierList(theirs))
	if err != nil || len(opened.Sigs) != 1 || bytes.Count(a.Body, []byte("\n")) != 1 {
		t.Fatalf("others do not verify the cosignature %q: %v", a.Body, err)
	}
	at, err := fnote.CoSigV1Timestamp(opened.Sigs[0])
	if err != nil || at.Unix() != n.Clock().Unix() {
		t.Errorf("cosigned at %v, %v", at, err)
	}
	n.Crash(node, 0)
	n.Start(node)
	n.ask(node, []answered{
		{"what it cosigned before the power cut, from nothing", log.request(0, 31), 409, "31\n"},
		{"a fork of it", append([]byte("old 31\n\n"), log.note(31, twin.root(30))...), 422, ""},
		{"more of it", log.request(31, 40), 200, ""},
	})
	n.ask(n.Nodes[1], []answered{{"what another node cosigned", log.request(0, 40), 200, ""}})
	n.Await("votes again", func() bool { return n.at(node).Abstain() == 0 })
	n.Fill(n.Leader(), 3)
	n.healthy(3)
}

// Ensure no other log is witnessed unless it was named.
func TestNoOtherLog(t *testing.T) {
	t.Parallel()
	log := newElsewhere(t, "log.example.org/a")
	log.grow(3)
	n := newNetwork(t, 62)
	for _, node := range n.Nodes {
		n.ask(node, []answered{{"a log that nobody named", log.request(0, 3), 404, ""}})
	}
}

// Ensure the own log is cosigned for whoever asks, but only what this replica has,
// and that a stranger's request is answered as a peer's is.
func TestOwnLogAsked(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 63)
	n.Fill(n.Leader(), 10)
	n.healthy(10)
	node, other := n.Nodes[0], n.Nodes[1]
	n.Isolate(node) // nobody else moves its cosigner on
	final := n.at(node).Board().Final()
	at := n.at(node).State().Size
	note := n.signed(other, final.Checkpoint).Marshal()
	cosigned := checkpoint.NewNote(final.Checkpoint, n.cosignature(other, final.Checkpoint, 1)).Marshal()
	changed := n.signed(other, final.Checkpoint)
	changed.Signatures[0].Raw[9] ^= 1
	body := func(old uint64, note []byte) []byte { return checkpoint.AddRequest{Old: old, Note: note}.Marshal() }
	n.ask(node, []answered{
		{"as it stands", body(at, note), 200, ""},
		{"from nothing", body(0, note), 409, fmt.Sprintf("%d\n", at)},
		{"old above it", body(at+1, note), 400, ""},
		{"no log's signature", body(at, cosigned), 403, ""},
		{"a false signature", body(at, changed.Marshal()), 403, ""},
		{"nobody's signature that it knows", body(at, append(append(final.Body(), '\n'), "— "+final.Origin+" AAAAAAAAAAAAAAAAAAAA\n"...)), 403, ""},
		{"no signature line at all", body(at, append(final.Body(), '\n')), 400, ""},
		{"more than it has", body(at, n.signed(other, n.checkpoint(at+5, 1)).Marshal()), 503, ""},
		{"more than it has, from elsewhere", body(at+1, n.signed(other, n.checkpoint(at+5, 1)).Marshal()), 409, fmt.Sprintf("%d\n", at)},
		{"a proof that is not needed", checkpoint.AddRequest{Old: at, Proof: make([]merkle.Hash, 3), Note: note}.Marshal(), 422, ""},
	})
	if e := n.at(node).Evidence(); len(e) > 0 {
		t.Errorf("evidence of nothing: %v", e)
	}
	n.ask(node, []answered{
		{"another root", body(at, n.signed(other, n.checkpoint(at, 1)).Marshal()), 422, ""},
		{"the right one, with a fork unresolved", body(at, note), 503, ""},
	})
}
