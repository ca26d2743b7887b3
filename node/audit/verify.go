package audit

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"

	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
)

// Options say what to verify, and against what.
type Options struct {
	File io.ReaderAt // a bundle, a receipt, a .tlog-proof, a file of who looked or the text of a printed code
	Size int64       // its bytes
	Keys []byte      // the auditor's key file (checkpoint.ParseKeyFile)

	Previous [][]byte // signed notes that the auditor kept (NoteOf)
	Receipts [][]byte // receipts to hold against a bundle, JSON
	Genesis  []byte   // the genesis file, for receipts; a bundle has its own
	Entry    []byte   // the entry of a .tlog-proof or a printed code, which do not hold it

	Ledger     io.ReaderAt // a bundle of the whole ledger, to hold a file of who looked against; may be nil
	LedgerSize int64

	TempDir  string                   // for what does not fit into memory; "" for the system's
	Workers  int                      // goroutines that verify signatures; 0: one per processor
	Progress func(done, total uint64) // told how many entries were judged; may be nil
	Deadline func(*Deadline) error    // told every deadline of a whole log; may be nil

	about  string                                // a record whose commitments are wanted of a whole log
	courts func(*genesis.Signed) (*court, error) // nil: newCourt; tests lend one that was used before
}

// Verify checks a file. The report says what was found, hostile files included;
// an error means that there is no report: the key file cannot be read, the disk
// failed, or ctx ended.
func Verify(ctx context.Context, o Options) (*Report, error) {
	a, err := verify(ctx, o)
	if err != nil {
		return nil, err
	}
	return a.report, nil
}

// verify is Verify, with what was read on the way.
func verify(ctx context.Context, o Options) (*audit, error) {
	keys, err := checkpoint.ParseKeyFile(o.Keys)
	if err != nil {
		return nil, err
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.courts == nil {
		o.courts = newCourt
	}
	if o.Progress == nil {
		o.Progress = func(uint64, uint64) {}
	}
	a := &audit{Options: o, keys: keys, report: &Report{Format: Format, Network: keys.Network(), Findings: []Finding{}}}
	a.recorder = newRecorder(a.report)
	a.book = newNotebook(keys, a.policy)
	if err := a.run(ctx); err != nil {
		return nil, err
	}
	if a.bundle != nil {
		a.report.complete()
	}
	a.finish()
	if a.report.Kind == string(bundle.KindLog) && a.report.Result == Pass {
		next, err := a.book.keyFile(a.claim.Size)
		if err != nil {
			return nil, fmt.Errorf("couldn't write the keys of the ledger: %w", err)
		}
		a.report.KeyFile = next.Marshal()
	}
	return a, nil
}

// audit is one verification in progress. It belongs to one goroutine.
type audit struct {
	Options
	*recorder
	keys   *checkpoint.KeyFile
	book   *notebook
	report *Report

	bundle  *bundle.Bundle
	genesis *genesis.Signed       // nil unless its fingerprint is the key file's
	note    *checkpoint.Note      // the checkpoint, opened; nil when it could not be
	claim   checkpoint.Checkpoint // what the file says of its tree, believed or not

	openings map[string]*opening // by commitment; whole logs and extracts
	receipts map[uint64][]*held  // by index
	pairs    [][2]*point         // of evidence
	judged   *ledger.Ledger      // the log's, once all of it was judged
	whereNow func(region, id string) (index uint64, known bool)
	forks    []Fork
	belongs  []string // commitments of the record that was asked about
}

// headSize is how much of a file is read to know it: an address and a code's first digits.
const headSize = 512

// kinds of files.
const (
	kindReceipt = "receipt"
	kindProof   = "proof"
)

func (a *audit) run(ctx context.Context) error {
	head := make([]byte, headSize)
	n, err := a.File.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return fmt.Errorf("couldn't read the file: %w", err)
	}
	switch head = head[:n]; {
	case bytes.HasPrefix(head, []byte("PK")):
		return a.zip(ctx)
	case bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("{")) && bytes.Contains(head, []byte(access.FileFormat)):
		return a.whoLooked(ctx)
	case bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("{")):
		return a.small(a.receipt)
	case bytes.HasPrefix(head, []byte("c2sp.org/tlog-proof")):
		return a.small(a.proof)
	case codeForm.Match(head):
		return a.small(a.code)
	}
	a.fail(CheckTree, CodeFile, Text{"文件不是审计包、回执、证明、查看记录或者验证码。", "the file is no audit bundle, receipt, proof, file of who looked or printed code."})
	return nil
}

// small reads a file that is not a bundle.
func (a *audit) small(check func([]byte)) error {
	if a.Size > checkpoint.MaxReceipt {
		a.fail(CheckTree, CodeFile, Text{"文件过大，不是回执。", "the file is too large for a receipt."})
		return nil
	}
	data, err := a.whole()
	if err != nil {
		return err
	}
	check(data)
	return nil
}

// whole reads all of the file, whose size was judged before.
func (a *audit) whole() ([]byte, error) {
	data := make([]byte, a.Size)
	if _, err := io.ReadFull(io.NewSectionReader(a.File, 0, a.Size), data); err != nil {
		return nil, fmt.Errorf("couldn't read the file: %w", err)
	}
	return data, nil
}

func (a *audit) zip(ctx context.Context) error {
	b, err := bundle.Open(a.File, a.Size)
	if err != nil {
		a.fail(CheckTree, CodeFile, say("审计包无法打开: %v。", "the bundle cannot be opened: %v.", err))
		return nil
	}
	a.bundle = b
	m := b.Manifest()
	a.report.Kind, a.report.Origin, a.report.Size, a.report.Root = string(m.Kind), m.Origin, m.Size, m.Root
	a.checkFiles()
	if err := a.checkGenesis(); err != nil {
		return err
	}
	a.claimNote()
	if a.claim.Size > mostEntries {
		a.fail(CheckTree, CodeFile, say("检查点称账本有 %d 条，没有审计包装得下。", "the checkpoint speaks of %d entries, more than a bundle can hold.", a.claim.Size))
		return nil
	}
	if m.Kind == bundle.KindExtract {
		return a.extract()
	}
	return a.log(ctx)
}

// mostEntries is how many entries a bundle can hold. A forged checkpoint may name
// any size, and nobody should wait for that many missing entries to be counted.
const mostEntries = bundle.MaxFiles * merkle.TileWidth

// NoteOf is the signed note in what an auditor kept: a bundle, a receipt, a
// .tlog-proof or the note itself. The note is not judged.
func NoteOf(r io.ReaderAt, size int64) ([]byte, error) {
	head := make([]byte, 2)
	if _, err := r.ReadAt(head, 0); err == nil && string(head) == "PK" {
		b, err := bundle.Open(r, size)
		if err != nil {
			return nil, err
		}
		return b.Read(bundle.NameCheckpoint)
	}
	if size > checkpoint.MaxReceipt {
		return nil, fmt.Errorf("neither a bundle nor a checkpoint: %d bytes", size)
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(r, 0, size), data); err != nil {
		return nil, err
	}
	if receipt, err := checkpoint.ParseReceipt(data); err == nil {
		return receipt.Checkpoint, nil
	}
	if proof, err := checkpoint.ParseProof(data); err == nil {
		return proof.Checkpoint, nil
	}
	if _, err := claimOf(data); err != nil {
		return nil, err
	}
	return data, nil
}

// claimOf is the checkpoint in a note, whoever signed it.
func claimOf(note []byte) (checkpoint.Checkpoint, error) {
	body, _, _ := bytes.Cut(note, []byte("\n\n"))
	return checkpoint.ParseBody(append(bytes.Clone(body), '\n'))
}
