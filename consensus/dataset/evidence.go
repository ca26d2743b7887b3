package dataset

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/statement"
)

// Format is the first line of every piece of evidence. No other note that a log key
// signs begins so.
const Format = "sandi-data-answer/1"

// MaxEvidence bounds the note in bytes.
const MaxEvidence = 2 << 10

// ErrEvidence says that a note is no evidence for an answer.
var ErrEvidence = errors.New("not the evidence of this answer")

// Evidence is what a node signs about one page that it gave.
type Evidence struct {
	Network    string
	Owner      string // region
	Node       string // of the owner
	Asker      string // region
	Set        string
	Agreement  string
	Generation string // of the rows, 16 hex digits
	Query      [32]byte
	From       [32]byte // SHA-256 of the cursor that was shown; of nothing on the first page
	Count      int
	Rows       [32]byte
	At         int64 // unix s of the owner's clock
}

// Body is the text that is signed.
func (e *Evidence) Body() []byte {
	return fmt.Appendf(nil, "%s\nnetwork %s\nowner %s/%s\nasker %s\nset %s\nagreement %s\ngeneration %s\nquery %x\nfrom %x\nrows %d %x\nat %s\n",
		Format, e.Network, e.Owner, e.Node, e.Asker, e.Set, e.Agreement, e.Generation, e.Query, e.From, e.Count, e.Rows, statement.FormatAt(e.At))
}

// Digest is the digest of a question as a region asked it; which page, From says.
func (q *Question) Digest(region string) [32]byte {
	text, err := json.Marshal(struct {
		Region string `json:"region"`
		*Question
	}{region, q})
	if err != nil {
		panic(err) // texts and numbers have always a spelling
	}
	return sha256.Sum256(text)
}

// RowsDigest is the digest of rows in their one spelling, under the names of their
// columns.
func RowsDigest(names []string, rows []json.RawMessage) [32]byte {
	h := sha256.New()
	fmt.Fprintf(h, "%s rows\n%s\n", Format, strings.Join(names, ","))
	for _, row := range rows {
		h.Write(row)
		h.Write([]byte{'\n'})
	}
	return [32]byte(h.Sum(nil))
}

// Sign makes the note: the text and one signature of the node's log key.
func (e *Evidence) Sign(key checkpoint.Key, s keyring.Signer) ([]byte, error) {
	body := e.Body()
	signature, err := s.Sign(body)
	if err != nil {
		return nil, fmt.Errorf("couldn't sign the evidence of an answer: %w", err)
	}
	raw := append(append(bytes.Clone(body), '\n'), checkpoint.Signature{Key: key, Raw: signature}.Line()...)
	if len(raw) > MaxEvidence {
		return nil, fmt.Errorf("couldn't sign the evidence of an answer: it has %d bytes: %w", len(raw), ErrEvidence)
	}
	return raw, nil
}

// Open reads a note and verifies it under a log key of the node that it names. The
// error wraps ErrEvidence.
func Open(keys *checkpoint.Keys, raw []byte) (*Evidence, error) {
	body, _, ok := strings.Cut(string(raw), "\n\n")
	e, formed := parse(body + "\n")
	if !ok || !formed || len(raw) > MaxEvidence {
		return nil, fmt.Errorf("couldn't read a note: %w", ErrEvidence)
	}
	for _, key := range keys.List() {
		if key.Kind != checkpoint.KindLog || key.Region != e.Owner || key.Node != e.Node {
			continue
		}
		verifier, err := note.NewVerifier(key.VKey())
		if err != nil {
			continue
		}
		if _, err := note.Open(raw, note.VerifierList(verifier)); err == nil {
			return e, nil // parse took the one spelling of it
		}
	}
	return nil, fmt.Errorf("no log key of node %s/%s has signed it: %w", e.Owner, e.Node, ErrEvidence)
}

// parse accepts exactly what Body writes.
func parse(body string) (*Evidence, bool) {
	lines := strings.Split(body, "\n")
	if len(lines) != 12 || lines[0] != Format || lines[11] != "" {
		return nil, false
	}
	var values [10]string
	for i, name := range [...]string{"network ", "owner ", "asker ", "set ", "agreement ", "generation ", "query ", "from ", "rows ", "at "} {
		var ok bool
		if values[i], ok = strings.CutPrefix(lines[i+1], name); !ok {
			return nil, false
		}
	}
	e := &Evidence{Network: values[0], Asker: values[2], Set: values[3], Agreement: values[4], Generation: values[5]}
	e.Owner, e.Node, _ = strings.Cut(values[1], "/")
	count, rows, _ := strings.Cut(values[8], " ")
	var err error
	if e.Count, err = strconv.Atoi(count); err != nil || e.Count < 0 {
		return nil, false
	}
	if e.At, err = statement.ParseAt(values[9]); err != nil {
		return nil, false
	}
	for _, d := range []struct {
		text string
		into *[32]byte
	}{{values[6], &e.Query}, {values[7], &e.From}, {rows, &e.Rows}} {
		if n, err := hex.Decode(d.into[:], []byte(d.text[:min(64, len(d.text))])); err != nil || n != 32 {
			return nil, false
		}
	}
	return e, string(e.Body()) == body
}
