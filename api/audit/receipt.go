package audit

import (
	"encoding/base64"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/mod/sumdb/tlog"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
)

// Shown are the checkpoints that are shown at a moment. Take them first and open
// the books to prove from afterwards: those then hold the whole tree.
type Shown struct {
	published, final *shown
	l                *Log
}

// Shown gives what is shown now.
func (l *Log) Shown() (Shown, error) {
	published, err := l.published.show()
	if err != nil {
		return Shown{}, err
	}
	final, err := l.final.show()
	return Shown{published: published, final: final, l: l}, err
}

// Covers reports whether a checkpoint covers an entry; a final one, if final.
func (s Shown) Covers(index uint64, final bool) bool { return s.over(index, final) != nil }

// over is the firmest checkpoint over an entry; nil when there is none yet.
func (s Shown) over(index uint64, final bool) *shown {
	switch {
	case s.final != nil && s.final.note.Size > index:
		return s.final
	case !final && s.published != nil && s.published.note.Size > index:
		return s.published
	}
	return nil
}

// Proof is an entry with what proves it.
type Proof struct {
	network string
	leaf    merkle.Leaf
	entry   []byte // leaf's bytes
	under   *shown
	path    []merkle.Hash
}

// Prove proves an entry under the firmest checkpoint that covers it; Covers has
// said that there is one. The proof is checked by another implementation, as
// readers will: a flipped bit on this disk must not leave it.
func (s Shown) Prove(books *ledger.Books, leaf merkle.Leaf, entry []byte, final bool) (*Proof, error) {
	p := &Proof{network: s.l.cfg.Network, leaf: leaf, entry: entry, under: s.over(leaf.Seq, final)}
	n := p.under.note
	var err error
	if p.path, err = merkle.Inclusion(s.l.cache.Over(books), leaf.Seq, n.Size); err != nil {
		return nil, err
	}
	record := make(tlog.RecordProof, len(p.path))
	for i := range p.path {
		record[i] = tlog.Hash(p.path[i])
	}
	if err := tlog.CheckRecord(record, int64(n.Size), tlog.Hash(n.Root), int64(leaf.Seq), tlog.Hash(merkle.LeafHash(entry))); err != nil {
		return nil, fmt.Errorf("couldn't prove entry %d at size %d: %w", leaf.Seq, n.Size, err)
	}
	return p, nil
}

// Grade is that of the proof's checkpoint.
func (p *Proof) Grade() checkpoint.Grade { return p.under.grade }

// TlogProof is the proof as a .tlog-proof file.
func (p *Proof) TlogProof() []byte {
	return checkpoint.Proof{Index: p.leaf.Seq, Path: p.path, Checkpoint: p.under.raw}.Marshal()
}

// AppendReceipt appends the proof with its entry, as checkpoint.Receipt.Marshal
// writes it. It is written by hand because reflection costs more than reading
// and proving the entry does; a test holds the two forms together.
func (p *Proof) AppendReceipt(dst []byte) []byte {
	dst = append(dst, "{\n  \"format\": \""+checkpoint.ReceiptFormat+"\",\n  \"network\": \""...)
	dst = append(dst, p.network...)
	dst = strconv.AppendUint(append(dst, "\",\n  \"index\": "...), p.leaf.Seq, 10)
	dst = strconv.AppendUint(append(dst, ",\n  \"size\": "...), p.under.note.Size, 10)
	dst = append(append(dst, ",\n  \"grade\": \""...), p.under.grade...)
	dst = base64.RawURLEncoding.AppendEncode(append(dst, "\",\n  \"leaf\": \""...), p.entry)
	dst = append(append(dst, "\",\n  \"statement\": \""...), p.leaf.Stmt...)
	dst = append(dst, "\",\n  \"path\": ["...)
	for i := range p.path {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = base64.StdEncoding.AppendEncode(append(dst, "\n    \""...), p.path[i][:])
		dst = append(dst, '"')
	}
	if len(p.path) > 0 {
		dst = append(dst, "\n  "...)
	}
	dst = append(append(dst, "],\n  \"checkpoint\": "...), p.under.quoted...)
	return append(dst, "\n}\n"...)
}

// quote is a note as a JSON string.
func quote(raw []byte) ([]byte, error) {
	out, err := jsontext.AppendQuote(nil, raw)
	if err != nil {
		return nil, fmt.Errorf("couldn't quote a checkpoint: %w", err)
	}
	return out, nil
}

// Receipt is the proof with its entry as a value.
func (p *Proof) Receipt() *checkpoint.Receipt {
	return &checkpoint.Receipt{
		Network: p.network, Index: p.leaf.Seq, Size: p.under.note.Size, Leaf: p.entry, Statement: string(p.leaf.Stmt),
		Path: p.path, Checkpoint: p.under.raw, Grade: p.under.grade,
	}
}
