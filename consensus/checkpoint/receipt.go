package checkpoint

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
)

// ReceiptFormat names the layout of a receipt.
const ReceiptFormat = "sandi-receipt/1"

// MaxReceipt bounds a receipt: an entry and its statement, both in text, a path
// and a note.
const MaxReceipt = 256 << 10

// Receipt proves to anyone who holds the keys that a statement took effect at a
// place of the ledger. Its fields contradict each other in no receipt that
// Verify accepts.
type Receipt struct {
	Network    string        // network id
	Index      uint64        // position in the ledger; the first entry is 0
	Size       uint64        // of the checkpoint's tree
	Leaf       []byte        // the exact entry (merkle.AppendLeaf)
	Statement  string        // the compact JWS inside it
	Path       []merkle.Hash // audit path, lowest node first
	Checkpoint []byte        // signed note
	Grade      Grade         // what the issuer's policy said of the note
}

// receiptJSON is a receipt's members in the order they are written.
type receiptJSON struct {
	Format     string   `json:"format"`
	Network    string   `json:"network"`
	Index      *uint64  `json:"index"` // a pointer tells 0 from missing
	Size       *uint64  `json:"size"`
	Grade      string   `json:"grade"`
	Leaf       string   `json:"leaf"`       // base64url
	Statement  string   `json:"statement"`  // compact JWS
	Path       []string `json:"path"`       // standard base64, as in a .tlog-proof
	Checkpoint string   `json:"checkpoint"` // signed note
}

// NewReceipt makes the receipt of an entry from its proof in the tree of a note
// that was opened. The error wraps ErrReceipt or ErrInclusion.
func NewReceipt(entry []byte, path []merkle.Hash, n *Note, p Policy) (*Receipt, error) {
	leaf, st, err := readEntry(entry)
	if err != nil {
		return nil, err
	}
	r := &Receipt{
		Network: st.Network, Index: leaf.Seq, Size: n.Size, Leaf: entry, Statement: string(leaf.Stmt),
		Path: path, Checkpoint: n.Marshal(), Grade: p.Grade(n),
	}
	if err := verifyInclusion(merkle.LeafHash(entry), r.Index, path, n); err != nil {
		return nil, err
	}
	return r, nil
}

func readEntry(entry []byte) (merkle.Leaf, *statement.Statement, error) {
	leaf, err := merkle.ParseLeaf(entry)
	if err != nil {
		return leaf, nil, fmt.Errorf("couldn't read the entry of a receipt: %w: %w", err, ErrReceipt)
	}
	st, err := statement.Parse(leaf.Stmt)
	if err != nil {
		return leaf, nil, fmt.Errorf("couldn't read the statement of entry %d: %w: %w", leaf.Seq, err, ErrReceipt)
	}
	return leaf, st, nil
}

// Marshal is the receipt as JSON, indented for people, with a last newline.
func (r *Receipt) Marshal() []byte {
	out := receiptJSON{
		Format: ReceiptFormat, Network: r.Network, Index: &r.Index, Size: &r.Size, Grade: string(r.Grade),
		Leaf: strict.B64(r.Leaf), Statement: r.Statement, Path: make([]string, len(r.Path)), Checkpoint: string(r.Checkpoint),
	}
	for i, h := range r.Path {
		out.Path[i] = b64.EncodeToString(h[:])
	}
	text, err := json.Marshal(out, jsontext.WithIndent("  "))
	if err != nil {
		// Only a string that is not UTF-8 fails, and no receipt that was parsed
		// or made has one.
		panic("checkpoint: " + err.Error())
	}
	return append(text, '\n')
}

// ParseReceipt reads a receipt: strict JSON, members in any order, none missing
// or unknown. It proves form only. The error wraps ErrReceipt.
func ParseReceipt(data []byte) (*Receipt, error) {
	var in receiptJSON
	if err := strict.Decode(data, MaxReceipt, 2, &in); err != nil {
		return nil, fmt.Errorf("couldn't read a receipt: %w: %w", err, ErrReceipt)
	}
	if in.Format != ReceiptFormat {
		return nil, fmt.Errorf("couldn't read a receipt of another format: %w", ErrReceipt)
	}
	if in.Network == "" || in.Index == nil || in.Size == nil || in.Leaf == "" || in.Statement == "" || in.Path == nil || in.Checkpoint == "" {
		return nil, fmt.Errorf("couldn't read a receipt with members missing: %w", ErrReceipt)
	}
	r := &Receipt{
		Network: in.Network, Index: *in.Index, Size: *in.Size, Grade: Grade(in.Grade), Statement: in.Statement, Checkpoint: []byte(in.Checkpoint),
	}
	var err error
	if r.Leaf, err = strict.Base64URL(in.Leaf); err != nil {
		return nil, fmt.Errorf("couldn't read the entry of a receipt: %w: %w", err, ErrReceipt)
	}
	if len(in.Path) > maxPath || len(r.Checkpoint) > MaxNote || r.Index > maxSize || r.Size > maxSize {
		return nil, fmt.Errorf("couldn't read a receipt with more than there can be: %w", ErrReceipt)
	}
	for _, text := range in.Path {
		h, ok := parseHash(text)
		if !ok {
			return nil, fmt.Errorf("couldn't read the path of a receipt: %w", ErrReceipt)
		}
		r.Path = append(r.Path, h)
	}
	switch r.Grade {
	case GradeCommitted, GradePublished, GradeFinal:
		return r, nil
	}
	return nil, fmt.Errorf("couldn't read a receipt with an unknown grade: %w", ErrReceipt)
}

// Verify checks everything in the receipt against everything else, and the
// checkpoint under the reader's keys, and gives the grade that the reader's
// policy finds. Errors: ErrReceipt for parts that contradict each other, those
// of Keys.Open, ErrOrigin for a log that is not the policy's, ErrInclusion;
// ErrGrade, with the grade found, when the receipt claims another one.
//
// It does not verify the statement's own signature, nor that Network is the
// reader's: for that the genesis is needed.
func (r *Receipt) Verify(keys *Keys, p Policy) (Grade, error) {
	leaf, st, err := readEntry(r.Leaf)
	if err != nil {
		return GradeNone, err
	}
	if leaf.Seq != r.Index || string(leaf.Stmt) != r.Statement || st.Network != r.Network {
		return GradeNone, fmt.Errorf("couldn't accept a receipt of entry %d: its index, statement or network is not the entry's: %w", r.Index, ErrReceipt)
	}
	n, err := keys.Open(r.Checkpoint)
	if err != nil {
		return GradeNone, err
	}
	if n.Origin != p.Origin {
		return GradeNone, fmt.Errorf("couldn't accept a checkpoint of %s: %w", n.Origin, ErrOrigin)
	}
	if n.Size != r.Size {
		return GradeNone, fmt.Errorf("couldn't accept a receipt of entry %d: its size is not the checkpoint's: %w", r.Index, ErrReceipt)
	}
	if err := verifyInclusion(merkle.LeafHash(r.Leaf), r.Index, r.Path, n); err != nil {
		return GradeNone, err
	}
	grade := p.Grade(n)
	if grade != r.Grade {
		return grade, fmt.Errorf("couldn't accept a receipt of grade %s: the checkpoint is %s: %w", r.Grade, grade, ErrGrade)
	}
	return grade, nil
}

// Agree checks the parts of the receipt against each other and gives the
// checkpoint, whoever signed it: all that can be seen without keys, and no proof.
// The error wraps ErrReceipt, ErrNote or ErrInclusion.
func (r *Receipt) Agree() (Checkpoint, error) {
	leaf, st, err := readEntry(r.Leaf)
	if err != nil {
		return Checkpoint{}, err
	}
	c, _, ok := split(r.Checkpoint)
	if !ok {
		return c, fmt.Errorf("couldn't read the checkpoint of a receipt: %w", ErrNote)
	}
	if leaf.Seq != r.Index || string(leaf.Stmt) != r.Statement || st.Network != r.Network || c.Size != r.Size {
		return c, fmt.Errorf("couldn't accept a receipt of entry %d: its parts contradict each other: %w", r.Index, ErrReceipt)
	}
	return c, verifyInclusion(merkle.LeafHash(r.Leaf), r.Index, r.Path, &Note{Checkpoint: c})
}

// TlogProof is the receipt's proof as a .tlog-proof file, for tools that others
// wrote; they need the entry (Leaf) beside it.
func (r *Receipt) TlogProof() []byte {
	return Proof{Index: r.Index, Path: r.Path, Checkpoint: r.Checkpoint}.Marshal()
}
