package ledger_test

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

// golden is a log of protocol 1 with what it gave when it was written. Every
// later binary has to give the same: testdata/golden is never regenerated for a
// protocol that a network runs on.
type golden struct {
	Genesis  []byte   `json:"genesis"` // the signed file
	Commands [][]byte `json:"commands"`
	Size     uint64   `json:"size"`
	Root     string   `json:"root"`
	Digest   string   `json:"digest"`
	Results  string   `json:"results"` // SHA-256 over the results as text
	Storage  string   `json:"storage"` // SHA-256 over every key and value
}

const goldenFile = "testdata/golden/protocol1.json"

func TestGoldenLog(t *testing.T) {
	if *rewrite {
		writeGolden(t)
	}
	data, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	var want golden
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	got := want
	replayGolden(t, &got)
	if got.Size != want.Size || got.Root != want.Root || got.Digest != want.Digest {
		t.Errorf("got size %d root %s digest %s, want %d %s %s", got.Size, got.Root, got.Digest, want.Size, want.Root, want.Digest)
	}
	if got.Results != want.Results {
		t.Error("the results differ")
	}
	if got.Storage != want.Storage {
		t.Error("the storage differs")
	}
}

// answers is what a log's results say, in a form that outlives the Go type: every
// member of protocol 1, which later binaries may add to.
func answers(results []ledger.Result) string {
	text := ""
	for _, r := range results {
		refusal := ""
		if r.Refusal != nil {
			refusal = fmt.Sprintf("%+v", *r.Refusal)
		}
		text += fmt.Sprintf("{Region:%s ID:%s Hash:%s Status:%s Index:%d LeafHash:%v Record:%s RecordHead:%s Refusal:<nil> Duplicate:%v} %s\n",
			r.Region, r.ID, r.Hash, r.Status, r.Index, r.LeafHash, r.Record, r.RecordHead, r.Duplicate, refusal)
	}
	return text
}

// replayGolden fills in what a log gives.
func replayGolden(t *testing.T, g *golden) {
	t.Helper()
	signed, err := genesis.Parse(g.Genesis)
	if err != nil {
		t.Fatal(err)
	}
	l, err := ledger.New(signed, statement.NewPool(2, 1024))
	if err != nil {
		t.Fatal(err)
	}
	mem := ledger.NewMemory()
	if err := l.Load(mem); err != nil {
		t.Fatal(err)
	}
	results := ""
	for _, entry := range g.Commands {
		results += answers(must(l.ApplyEntry(mem, entry)))
	}
	if err := l.Verify(mem); err != nil {
		t.Fatal(err)
	}
	s, err := l.Books(mem).Standing()
	if err != nil {
		t.Fatal(err)
	}
	g.Size, g.Root, g.Digest = s.Size, strict.B64(s.Root[:]), strict.B64(s.StateDigest[:])
	g.Results, g.Storage = statement.RequestDigest([]byte(results)), statement.RequestDigest(dump(mem))
}

// writeGolden plays a new log: only for a new protocol.
func writeGolden(t *testing.T) {
	t.Helper()
	w := newWorld(t)
	g := golden{Genesis: w.sealed}
	p := newPlayer(w, 2025)
	for range 70 {
		g.Commands = append(g.Commands, ledger.EncodeCommand(p.play(5)))
	}
	g.Commands = append(g.Commands, []byte("not a command"), ledger.EncodeCommand(ledger.Command{ProposedAt: 1}))
	replayGolden(t, &g)
	data, err := json.MarshalIndent(g, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll("testdata/golden", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(goldenFile, append(data, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
