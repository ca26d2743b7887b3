package checkpoint

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/merkle"
)

// A code is a receipt made small enough to be printed as a QR code, or the name of an
// entry for the foot of a page. Its bytes are frozen; the first says which of three:
//
//	1 whole   varint size, index, ts, proposed_at; state[32]; len signature; len origin;
//	          path; cosignatures; varint length of the JWS header; deflate(header payload)
//	2 hash    varint size, index; leaf hash[32]; len record; len origin; path; cosignatures
//	3 page    varint size, index; leaf hash[32]; len record
//
// varint is LEB128 (encoding/binary), len a varint and so many bytes, path a varint and so
// many hashes, cosignatures a varint and, each, the key id[4], unix seconds[8] and the
// signature[64]. The last four bytes are the first of SHA-256 over all before them: what was
// copied half is told from what was forged. Names of cosigners are not in it: whoever verifies
// has the key file, and the root follows from entry and path.
const (
	codeWhole = 1
	codeHash  = 2
	codePage  = 3

	// MaxCode bounds a code: a path of 63 hashes, the cosignatures of 40 regions and an
	// entry of some size. What is printed is smaller by far.
	MaxCode = 16 << 10
	// maxCosigners bounds the cosignatures of a code.
	maxCosigners = 64
	codeSum      = 4
)

// codeWords is what deflate may refer to from the first byte on (RFC 1950, preset
// dictionary): what statements have in common, the most frequent last. Frozen.
const codeWords = `{"alg":"EdDSA","alg":"ES256","kid":"110000/st-1","typ":"sandi-statement+jws"}` +
	`"kind":"record.open","v":1,"id":"01K","region":"110000","region":"130000","region":"120000","record":"CT-120000-202` +
	`","prev":"","at":"2026-T:00+08:00","actor":{"role":"node","role":"unit_head","role":"officer","role":"clerk","role":"bureau_head","role":"liaison","org":"130000-SJ","org":"120000-SJ","org":"110000-SJ","person":"` +
	`"},"request":"","body":{"procedure":"","event":"","fields":{"materials":[{"commitment":"sc1.","kind":"pages":"payload_root":"sc1."doc_no":"〔2026〕号"}}}{"network":"`

// Code is the receipt as a code. One whose entry makes it longer than most bytes names the
// entry by its hash, and is not whole: who reads it needs the receipt file to see what the
// entry says. The error wraps ErrReceipt or ErrNote.
func (r *Receipt) Code(most int) (code []byte, whole bool, err error) {
	leaf, st, err := readEntry(r.Leaf)
	if err != nil {
		return nil, false, err
	}
	c, lines, ok := split(r.Checkpoint)
	if !ok {
		return nil, false, fmt.Errorf("couldn't make a code of a receipt: %w", ErrNote)
	}
	tail := append(binary.AppendUvarint(nil, uint64(len(c.Origin))), c.Origin...)
	tail = binary.AppendUvarint(tail, uint64(len(r.Path)))
	for i := range r.Path {
		tail = append(tail, r.Path[i][:]...)
	}
	tail = appendCosigners(tail, lines)
	head := binary.AppendUvarint(binary.AppendUvarint(nil, r.Size), r.Index)

	if code, err = appendWhole(append([]byte{codeWhole}, head...), leaf, tail); err != nil {
		return nil, false, err
	}
	if code = seal(code); len(code) <= most {
		return code, true, nil
	}
	hash := merkle.LeafHash(r.Leaf)
	code = append(append([]byte{codeHash}, head...), hash[:]...)
	code = append(binary.AppendUvarint(code, uint64(len(st.Record))), st.Record...)
	return seal(append(code, tail...)), false, nil
}

// PageCode names an entry and the record that it belongs to; it proves nothing by itself.
func (r *Receipt) PageCode(record string) []byte {
	hash := merkle.LeafHash(r.Leaf)
	out := binary.AppendUvarint(binary.AppendUvarint([]byte{codePage}, r.Size), r.Index)
	out = append(out, hash[:]...)
	return seal(append(binary.AppendUvarint(out, uint64(len(record))), record...))
}

func seal(code []byte) []byte {
	sum := sha256.Sum256(code)
	return append(code, sum[:codeSum]...)
}

func appendWhole(dst []byte, leaf merkle.Leaf, tail []byte) ([]byte, error) {
	parts := strings.Split(string(leaf.Stmt), ".")
	var raw [3][]byte
	for i := range raw { // readEntry has seen three
		var err error
		if raw[i], err = strict.Base64URL(parts[i]); err != nil {
			return nil, fmt.Errorf("couldn't make a code of a statement: %w: %w", err, ErrReceipt)
		}
	}
	dst = binary.AppendUvarint(binary.AppendUvarint(dst, uint64(leaf.TS)), uint64(leaf.ProposedAt))
	dst = append(dst, leaf.State[:]...)
	dst = append(binary.AppendUvarint(dst, uint64(len(raw[2]))), raw[2]...)
	dst = append(dst, tail...)
	dst = binary.AppendUvarint(dst, uint64(len(raw[0])))
	var packed bytes.Buffer
	w, err := flate.NewWriterDict(&packed, flate.BestCompression, []byte(codeWords))
	if err == nil {
		_, err = w.Write(append(raw[0], raw[1]...))
	}
	if err == nil {
		err = w.Close()
	}
	return append(dst, packed.Bytes()...), err
}

// appendCosigners writes the cosignatures of a note; log keys' lines are left out: which
// regions hold the same tree is what counts.
func appendCosigners(dst []byte, lines []line) []byte {
	var list []line
	for _, l := range lines {
		if len(l.raw) == timeSize+signatureSize && len(list) < maxCosigners {
			list = append(list, l)
		}
	}
	dst = binary.AppendUvarint(dst, uint64(len(list)))
	for _, l := range list {
		dst = append(binary.BigEndian.AppendUint32(dst, l.id.id), l.raw...)
	}
	return dst
}

// Coded is what a code says, verified but for codes of pages.
type Coded struct {
	Page    bool        // names an entry and proves nothing
	Record  string      // of the entry; only claimed where Receipt is nil
	Leaf    merkle.Hash // hash of the entry
	Index   uint64
	Size    uint64   // of the tree
	Note    *Note    // the checkpoint; nil for pages
	Receipt *Receipt // nil where the code does not hold the entry
}

// ParseCode reads a code and verifies it under the keys: the cosignatures over the
// checkpoint whose root entry and path give. Errors: ErrReceipt for bytes that are no
// code, or not all of one; those of Keys.Open.
func ParseCode(code []byte, keys *Keys) (*Coded, error) {
	if len(code) > MaxCode || len(code) < 1+codeSum {
		return nil, fmt.Errorf("couldn't read a code of %d bytes: %w", len(code), ErrReceipt)
	}
	body, sum := code[:len(code)-codeSum], code[len(code)-codeSum:]
	if want := sha256.Sum256(body); !bytes.Equal(want[:codeSum], sum) {
		return nil, fmt.Errorf("couldn't read a code: it is not whole: %w", ErrReceipt)
	}
	r := &codeReader{rest: body[1:]}
	out := &Coded{Page: body[0] == codePage, Size: r.number(), Index: r.number()}
	var leaf merkle.Leaf
	var signature []byte
	switch body[0] {
	case codePage, codeHash:
		copy(out.Leaf[:], r.take(len(out.Leaf)))
		out.Record = string(r.text(maxHead))
	case codeWhole:
		leaf.Seq, leaf.TS, leaf.ProposedAt = out.Index, int64(r.number()), int64(r.number())
		copy(leaf.State[:], r.take(len(leaf.State)))
		signature = r.text(2 * signatureSize)
	default:
		return nil, fmt.Errorf("couldn't read a code of kind %d: %w", body[0], ErrReceipt)
	}
	if out.Page {
		return out, r.end()
	}
	origin, path, lines := string(r.text(maxOrigin)), r.path(), r.cosigners()
	if body[0] == codeWhole {
		var err error
		if leaf.Stmt, err = r.statement(signature); err != nil {
			return nil, err
		}
		entry := merkle.AppendLeaf(nil, leaf)
		out.Leaf = merkle.LeafHash(entry)
		out.Receipt = &Receipt{Index: out.Index, Size: out.Size, Leaf: entry, Statement: string(leaf.Stmt), Path: path}
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	return out, out.open(Checkpoint{Origin: origin, Size: out.Size}, path, lines, keys)
}

// open rebuilds the signed note and verifies it: the root is the one that entry and path
// give, so that another entry or place is one that nobody has signed.
func (out *Coded) open(c Checkpoint, path []merkle.Hash, lines []line, keys *Keys) error {
	var err error
	if c.Root, err = merkle.RootOf(out.Leaf, out.Index, out.Size, path); err != nil {
		return fmt.Errorf("couldn't prove entry %d of a code: %w: %w", out.Index, err, ErrInclusion)
	}
	raw := append(c.Body(), '\n')
	known := 0
	for _, l := range lines {
		if name := keys.cosigner(l.id.id); name != "" {
			raw = append(raw, linePrefix+name+" "...)
			raw = append(b64.AppendEncode(raw, append(binary.BigEndian.AppendUint32(nil, l.id.id), l.raw...)), '\n')
			known++
		}
	}
	if known == 0 {
		return fmt.Errorf("couldn't open a code of %s: %w", c.Origin, ErrUnsigned)
	}
	if out.Note, err = keys.Open(raw); err != nil || out.Receipt == nil {
		return err
	}
	_, st, err := readEntry(out.Receipt.Leaf)
	if err != nil {
		return err
	}
	out.Receipt.Network, out.Receipt.Checkpoint, out.Record = st.Network, raw, st.Record
	return nil
}

// codeReader takes a code apart; what is not there makes it bad.
type codeReader struct {
	rest []byte
	bad  bool
}

func (r *codeReader) take(n int) []byte {
	if r.bad || n < 0 || n > len(r.rest) {
		r.bad = true
		return nil
	}
	out := r.rest[:n]
	r.rest = r.rest[n:]
	return out
}

func (r *codeReader) number() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || v > maxSize {
		r.bad = true
		return 0
	}
	r.take(n)
	return v
}

func (r *codeReader) text(most int) []byte {
	n := r.number()
	if n > uint64(most) {
		r.bad = true
		return nil
	}
	return r.take(int(n))
}

func (r *codeReader) path() []merkle.Hash {
	n := r.number()
	if n > maxPath {
		r.bad = true
		return nil
	}
	path := make([]merkle.Hash, n)
	for i := range path {
		copy(path[i][:], r.take(len(path[i])))
	}
	return path
}

func (r *codeReader) cosigners() []line {
	n := r.number()
	if n > maxCosigners {
		r.bad = true
		return nil
	}
	var lines []line
	for range n {
		raw := r.take(4 + timeSize + signatureSize)
		if r.bad {
			return nil
		}
		lines = append(lines, line{keyID{id: binary.BigEndian.Uint32(raw)}, raw[4:]})
	}
	return lines
}

// statement is all that is left, and the signature, as a compact JWS.
func (r *codeReader) statement(signature []byte) ([]byte, error) {
	header := r.number()
	packed := flate.NewReaderDict(bytes.NewReader(r.rest), []byte(codeWords))
	r.rest = nil
	text, err := io.ReadAll(io.LimitReader(packed, merkle.MaxEntry+1))
	if err != nil || r.bad || len(text) > merkle.MaxEntry || header > uint64(len(text)) {
		return nil, fmt.Errorf("couldn't read the statement of a code: %w", ErrReceipt)
	}
	return []byte(strict.B64(text[:header]) + "." + strict.B64(text[header:]) + "." + strict.B64(signature)), nil
}

func (r *codeReader) end() error {
	if r.bad || len(r.rest) > 0 {
		return fmt.Errorf("couldn't read a code: %w", ErrReceipt)
	}
	return nil
}
