package tamper

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/node/audit"
)

// Sign makes a signed note of a checkpoint, with the lines of the first node of
// each of some regions; at is the time of the cosignatures, unix s.
type Sign func(c checkpoint.Checkpoint, at int64, regions ...string) ([]byte, error)

// Keys gives the keys with which a region's first node signs checkpoints.
type Keys func(region string) (log, cosigner keyring.Signer, err error)

// Invented are keys of the forger's own under the names of the regions, for who
// does not have theirs.
func Invented(string) (log, cosigner keyring.Signer, err error) {
	l, err := keyring.Generate(keyring.EdDSA, keyring.UseLog, "invented")
	if err != nil {
		return nil, nil, err
	}
	c, err := keyring.Generate(keyring.EdDSA, keyring.UseCosigner, "invented")
	return l, c, err
}

// SignWith signs with keys for the nodes of a genesis.
func SignWith(g *genesis.Genesis, keys Keys) Sign {
	return func(c checkpoint.Checkpoint, at int64, regions ...string) ([]byte, error) {
		note := checkpoint.NewNote(c)
		for _, region := range regions {
			node := g.Region(region).Nodes[0].ID
			log, cosigner, err := keys(region)
			if err != nil {
				return nil, err
			}
			one, err := checkpoint.SignLog(c, checkpoint.NewKey(checkpoint.KindLog, c.Origin, region, node, log.Public().Key), log)
			if err != nil {
				return nil, err
			}
			two, err := checkpoint.Cosign(c, checkpoint.NewKey(checkpoint.KindCosigner, c.Origin, region, node, cosigner.Public().Key), cosigner, at)
			if err != nil {
				return nil, err
			}
			if err := note.Merge(checkpoint.NewNote(c, one, two)); err != nil {
				return nil, err
			}
		}
		return note.Marshal(), nil
	}
}

// forger makes the copies.
type forger struct {
	*original
	sign   Sign
	victim int // index of the act that is in the way
}

// choose picks the victim: an act of a record from the middle of the ledger.
func (f *forger) choose() error {
	best := -1
	middle := len(f.acts) / 2
	for i, st := range f.acts[:max(len(f.acts)-1, 0)] {
		if st.Kind == statement.KindRecordAct && i > 0 && (best < 0 || abs(i-middle) < abs(best-middle)) {
			best = i
		}
	}
	if best < 0 {
		return fmt.Errorf("%w, in which something happened", errNotLog)
	}
	f.victim = best
	return nil
}

func abs(n int) int { return max(n, -n) }

// tell makes a sentence about the victim: {v} stands for it.
func (f *forger) tell(zh, en string, args ...any) audit.Text {
	st := f.acts[f.victim]
	t := audit.Text{ZH: fmt.Sprintf(zh, args...), EN: fmt.Sprintf(en, args...)}
	t.ZH = strings.ReplaceAll(t.ZH, "{v}", fmt.Sprintf("第 %d 条（%s，%s）", f.victim, st.Record, st.Region))
	t.EN = strings.ReplaceAll(t.EN, "{v}", fmt.Sprintf("entry %d (%s, %s)", f.victim, st.Record, st.Region))
	return t
}

// forgery is a copy and what was done to it.
type forgery struct {
	zip  []byte
	done audit.Text
}

// change moves the time of an act by a minute, as if it had been in time.
func (f *forger) change() (*forgery, error) {
	entries, err := f.changed()
	if err != nil {
		return nil, err
	}
	zip, err := f.forge(entries, nil)
	return &forgery{zip, f.tell("{v}的时间改动一分钟；哈希树与清单已全部重算。", "the time of {v} was moved by a minute; tree and manifest were made anew.")}, err
}

func (f *forger) changed() ([][]byte, error) {
	leaf := f.leaves[f.victim]
	head, rest, _ := strings.Cut(string(leaf.Stmt), ".")
	payload, signature, _ := strings.Cut(rest, ".")
	text, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		return nil, err
	}
	at := bytes.Index(text, []byte(f.acts[f.victim].At))
	if at < 0 {
		return nil, fmt.Errorf("entry %d has no time", f.victim)
	}
	minute := &text[at+len("2006-01-02T15:0")]
	if *minute--; *minute < '0' {
		*minute = '1'
	}
	leaf.Stmt = []byte(head + "." + base64.RawURLEncoding.EncodeToString(text) + "." + signature)
	entries := slices.Clone(f.entries)
	entries[f.victim] = merkle.AppendLeaf(nil, leaf)
	return entries, nil
}

// remove takes an act out; those behind it move up, and the last one stands
// twice, for the checkpoint says how many there are.
func (f *forger) remove() (*forgery, error) {
	leaves := slices.Delete(slices.Clone(f.leaves), f.victim, f.victim+1)
	zip, err := f.forge(renumbered(append(leaves, f.leaves[len(f.leaves)-1])), nil)
	return &forgery{zip, f.tell("删去{v}，其后各条前移并重新编号，末条重复以凑足条数；哈希树与清单已全部重算。",
		"{v} was taken out; those behind it moved up and were renumbered, the last one stands twice to keep the number; tree and manifest were made anew.")}, err
}

// swap exchanges an act with the next.
func (f *forger) swap() (*forgery, error) {
	leaves := slices.Clone(f.leaves)
	leaves[f.victim], leaves[f.victim+1] = leaves[f.victim+1], leaves[f.victim]
	zip, err := f.forge(renumbered(leaves), nil)
	return &forgery{zip, f.tell("{v}与第 %d 条对调并重新编号；哈希树与清单已全部重算。", "{v} and entry %d changed places and numbers; tree and manifest were made anew.", f.victim+1)}, err
}

func renumbered(leaves []merkle.Leaf) [][]byte {
	var entries [][]byte
	for i, leaf := range leaves {
		leaf.Seq = uint64(i)
		entries = append(entries, merkle.AppendLeaf(nil, leaf))
	}
	return entries
}

// resign changes an act of another region, and one region signs the outcome.
func (f *forger) resign() (*forgery, error) {
	entries, err := f.changed()
	if err != nil {
		return nil, err
	}
	alone := f.others()[:1]
	note, err := f.checkpoint(entries, alone)
	if err != nil {
		return nil, err
	}
	zip, err := f.forge(entries, note)
	return &forgery{zip, f.tell("{v}的时间改动一分钟，检查点由 %s 一家重新签署。", "the time of {v} was moved by a minute, and %s alone signed a new checkpoint.", alone[0])}, err
}

// rewrite lets two regions tell the history without an act of the third: by the
// rules, with their true statements and keys.
func (f *forger) rewrite() (*forgery, error) {
	two := f.others()
	if len(two) < 2 {
		return nil, fmt.Errorf("%w of three regions", errNotLog)
	}
	two = two[:2]
	entries, err := f.replayed()
	if err != nil {
		return nil, err
	}
	note, err := f.checkpoint(entries, two)
	if err != nil {
		return nil, err
	}
	zip, err := f.forge(entries, note)
	return &forgery{zip, f.tell(
		"略去{v}及依赖它的各条，按规则从头重演，余 %d 条，条条签名属实；由 %s、%s 两家签署。",
		"{v} was left out with all that builds on it; the other %d entries, each truly signed, were replayed by the rules; %s and %s signed.",
		len(entries), two[0], two[1])}, err
}

// others are the regions that did not sign the victim.
func (f *forger) others() []string {
	var list []string
	for i := range f.genesis.Regions {
		if code := f.genesis.Regions[i].Code; code != f.acts[f.victim].Region {
			list = append(list, code)
		}
	}
	return list
}

// replayed is the ledger without the victim, as the rules make it.
func (f *forger) replayed() ([][]byte, error) {
	machine, err := ledger.New(f.genesis, statement.NewPool(1, len(f.leaves)))
	if err != nil {
		return nil, err
	}
	memory := ledger.NewMemory()
	if err := machine.Load(memory); err != nil {
		return nil, err
	}
	for i, leaf := range f.leaves {
		if i == f.victim {
			continue
		}
		if _, err := machine.Apply(memory, ledger.Command{ProposedAt: leaf.ProposedAt, Statements: [][]byte{leaf.Stmt}}); err != nil {
			return nil, err
		}
	}
	books := machine.Books(memory)
	standing, err := books.Standing()
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	err = books.Entries(0, standing.Size, func(_ uint64, entry []byte) (bool, error) {
		entries = append(entries, bytes.Clone(entry))
		return true, nil
	})
	return entries, err
}

// checkpoint signs forged entries, a minute after the true ones were.
func (f *forger) checkpoint(entries [][]byte, regions []string) ([]byte, error) {
	at, err := f.signedAt()
	if err != nil {
		return nil, err
	}
	return f.sign(checkpoint.Checkpoint{Origin: f.at.Origin, Size: uint64(len(entries)), Root: plant(entries).tree.Root()}, at+60, regions...)
}

// signedAt is when the true checkpoint was last cosigned, unix s.
func (f *forger) signedAt() (int64, error) {
	keys, err := checkpoint.FromGenesis(f.genesis.Genesis)
	if err != nil {
		return 0, err
	}
	note, err := keys.Open(f.note)
	if err != nil {
		return 0, err
	}
	var last int64
	for _, s := range note.Signatures {
		last = max(last, s.At)
	}
	return last, nil
}

func b64(h merkle.Hash) string { return base64.StdEncoding.EncodeToString(h[:]) }
