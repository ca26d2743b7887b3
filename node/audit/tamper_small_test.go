package audit

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/storage/commitment"
)

// attachmentTamperings change openings, and receipts that are held against a log.
var attachmentTamperings = []tampering{
	{"opening: a bit", inOpening(func(f *forgery, name string) { f.parts[name] = f.flip(f.parts[name]) })},
	{"opening: cut", inOpening(func(f *forgery, name string) { f.parts[name] = f.parts[name][:f.rng.IntN(len(f.parts[name]))] })},
	{"opening: longer", inOpening(func(f *forgery, name string) { f.parts[name] = append(bytes.Clone(f.parts[name]), 0) })},
	{"opening: of another commitment", inOpening(func(f *forgery, name string) {
		names := tileNames(f.parts, bundle.ClassOpening)
		next := names[(slices.Index(names, name)+1)%len(names)]
		f.parts[name] = f.parts[next]
	})},
	{"opening: of nothing on the ledger", func(_ testing.TB, _ *subject, f *forgery) {
		content := fmt.Appendf(nil, "what nobody wrote %d", f.rng.Uint64())
		salt := commitment.Salt(sha256.Sum256(content))
		c := commitment.Compute(salt, uint64(len(content)), sha256.Sum256(content)).String()
		f.parts[bundle.OpeningName(c)] = bundle.Opening(salt, content)
		f.mark("%s", c)
	}},
	{"receipt with a log: a bit", func(_ testing.TB, s *subject, f *forgery) {
		r := of(f.rng, s.receipts)
		f.hold(s, f.flip(r.receipt))
		f.mark("a bit of the receipt of entry %d", r.index)
	}},
	{"receipt with a log: a signature of nobody", func(t testing.TB, s *subject, f *forgery) {
		r := of(f.rng, s.receipts)
		one := *r.parsed
		body, lines := noteLines(one.Checkpoint)
		i := f.rng.IntN(len(lines))
		head, raw := signature(t, lines[i])
		raw[f.rng.IntN(4)] ^= 1 // the key id: readers pass over keys that they do not know
		lines[i] = signatureLine(head, raw)
		one.Checkpoint = []byte(body + strings.TrimSuffix(strings.Join(lines, ""), "\n") + "\n")
		f.hold(s, one.Marshal())
		f.mark("line %d of the receipt of entry %d", i, r.index)
	}},
	{"receipt with a log: of another network", func(_ testing.TB, s *subject, f *forgery) {
		f.hold(s, s.receipts[0].foreign)
		f.mark("a foreign receipt")
	}},
	{"receipt with a log: of another history", func(t testing.TB, s *subject, f *forgery) {
		// A log of all regions that tells entry i otherwise, and a true receipt of i.
		r := of(f.rng, s.receipts)
		other := s.log.clone(f.rng)
		l := other.leaf(t, int(r.index))
		l.ProposedAt-- // what no rule forbids
		other.put(int(r.index), l)
		f.hold(s, s.receiptIn(t, other, r.index))
		f.touched = []uint64{r.index}
		f.mark("entry %d has a receipt that says otherwise", r.index)
	}},
	{"receipt with a log: the same entry, another tree", func(t testing.TB, s *subject, f *forgery) {
		r := of(f.rng, s.receipts)
		other := s.log.clone(f.rng)
		i := 20 + f.rng.IntN(10)
		l := other.leaf(t, i)
		l.ProposedAt--
		other.put(i, l)
		f.hold(s, s.receiptIn(t, other, r.index))
		f.mark("a receipt of entry %d in a tree with another entry %d", r.index, i)
	}},
	{"receipt with a log: grade", func(t testing.TB, s *subject, f *forgery) {
		r := of(f.rng, s.receipts)
		f.hold(s, bytes.Replace(r.receipt, []byte(`"final"`), []byte(of(f.rng, []string{`"published"`, `"committed"`})), 1))
		f.mark("the grade of the receipt of entry %d", r.index)
	}},
}

// hold gives the small log, unchanged, with a receipt.
func (f *forgery) hold(s *subject, receipt []byte) {
	f.lone(s, s.log.zip)
	f.options = func(o *Options) { o.Receipts = [][]byte{receipt} }
}

// receiptIn is an honest receipt of a false log that all regions signed.
func (s *subject) receiptIn(t testing.TB, f *forgery, index uint64) []byte {
	t.Helper()
	tree := shelve(f.entries)
	c := checkpoint.Checkpoint{Origin: f.Signed.Origin, Size: tree.tree.Size(), Root: tree.tree.Root()}
	raw, err := f.Sign(c)
	must(t, err)
	keys, err := checkpoint.FromGenesis(f.Signed.Genesis)
	must(t, err)
	n, err := keys.Open(raw)
	must(t, err)
	path, err := merkle.Inclusion(tree, index, c.Size)
	must(t, err)
	r, err := checkpoint.NewReceipt(f.entries[index], path, n, checkpoint.PolicyOf(f.Signed.Genesis))
	must(t, err)
	return r.Marshal()
}

// inOpening changes one opening.
func inOpening(change func(f *forgery, name string)) func(testing.TB, *subject, *forgery) {
	return func(_ testing.TB, _ *subject, f *forgery) {
		name := of(f.rng, tileNames(f.parts, bundle.ClassOpening))
		change(f, name)
		f.mark("%s", name)
	}
}

// smallTamperings change files that are no whole logs: receipts, proofs, extracts.
var smallTamperings = []tampering{
	{"receipt: a bit", inReceipt(func(_ testing.TB, f *forgery, r *receipted) []byte { return f.flip(r.receipt) })},
	{"receipt: a digit", inReceipt(func(_ testing.TB, f *forgery, r *receipted) []byte {
		return f.digit(r.receipt, bytes.Index(r.receipt, []byte(`"index"`))) // index or, of 9 entries, size
	})},
	{"receipt: size", inReceipt(func(_ testing.TB, f *forgery, r *receipted) []byte {
		return f.digit(r.receipt, bytes.Index(r.receipt, []byte(`"size"`)))
	})},
	{"receipt: grade", inReceipt(func(_ testing.TB, f *forgery, r *receipted) []byte {
		return bytes.Replace(r.receipt, []byte(`"final"`), []byte(of(f.rng, []string{`"published"`, `"committed"`, `"sure"`, `""`})), 1)
	})},
	{"receipt: another entry", changedReceipt(func(t testing.TB, f *forgery, r, twin *checkpoint.Receipt) { r.Leaf = twin.Leaf })},
	{"receipt: another entry and statement", changedReceipt(func(_ testing.TB, _ *forgery, r, twin *checkpoint.Receipt) {
		r.Leaf, r.Statement, r.Index = twin.Leaf, twin.Statement, twin.Index
	})},
	{"receipt: another statement", changedReceipt(func(_ testing.TB, _ *forgery, r, twin *checkpoint.Receipt) { r.Statement = twin.Statement })},
	{"receipt: an entry of one's own", changedReceipt(func(t testing.TB, f *forgery, r, _ *checkpoint.Receipt) {
		l, err := merkle.ParseLeaf(r.Leaf)
		must(t, err)
		l.TS++
		r.Leaf = merkle.AppendLeaf(nil, l)
	})},
	{"receipt: path", changedReceipt(func(_ testing.TB, f *forgery, r, _ *checkpoint.Receipt) {
		r.Path = slices.Clone(r.Path)
		switch i := f.rng.IntN(len(r.Path)); f.rng.IntN(4) {
		case 0:
			r.Path[i][f.rng.IntN(32)] ^= 1 << f.rng.IntN(8)
		case 1:
			r.Path = slices.Delete(r.Path, i, i+1)
		case 2:
			r.Path = slices.Insert(r.Path, i, merkle.Hash{byte(i)})
		default:
			j := (i + 1) % len(r.Path)
			r.Path[i], r.Path[j] = r.Path[j], r.Path[i]
		}
	})},
	{"receipt: checkpoint of too few", changedReceipt(func(t testing.TB, f *forgery, r, _ *checkpoint.Receipt) {
		c, err := claimOf(r.Checkpoint)
		must(t, err)
		r.Checkpoint, err = f.Sign(c, "110000", "120000") // and it still calls itself final
		must(t, err)
	})},
	{"receipt: an older checkpoint", changedReceipt(func(_ testing.TB, f *forgery, r, _ *checkpoint.Receipt) {
		r.Checkpoint = of(f.rng, f.sel.Earlier)
	})},
	{"receipt: another network's name", changedReceipt(func(_ testing.TB, f *forgery, r, _ *checkpoint.Receipt) {
		r.Network = strict.B64(f.flip(make([]byte, 32)))
	})},
	{"receipt: of another network", inReceipt(func(_ testing.TB, _ *forgery, r *receipted) []byte { return r.foreign })},
	{"receipt: another genesis", func(_ testing.TB, s *subject, f *forgery) {
		r := of(f.rng, s.receipts)
		f.lone(s, r.receipt)
		f.options = func(o *Options) { o.Genesis = s.foreign.File }
		f.mark("a foreign genesis for the receipt of entry %d", r.index)
	}},
	{"proof: a bit", inProof(func(f *forgery, r *receipted) ([]byte, []byte) {
		f.lower = true
		return f.flip(r.proof), r.parsed.Leaf
	})},
	{"proof: index", inProof(func(f *forgery, r *receipted) ([]byte, []byte) {
		return f.digit(r.proof, bytes.Index(r.proof, []byte("\nindex "))), r.parsed.Leaf
	})},
	{"proof: an entry's bit", inProof(func(f *forgery, r *receipted) ([]byte, []byte) { return r.proof, f.flip(r.parsed.Leaf) })},
	{"extract: a bit of an entry", inExtract(func(f *forgery, files map[string][]byte, _ *bundle.Manifest) {
		name := of(f.rng, tileNames(files, bundle.ClassEntry))
		files[name] = f.flip(files[name])
		f.touch(name)
	})},
	{"extract: two entries exchanged", inExtract(func(f *forgery, files map[string][]byte, _ *bundle.Manifest) {
		names := tileNames(files, bundle.ClassEntry)
		one := of(f.rng, names)
		other := names[(slices.Index(names, one)+1)%len(names)]
		files[one], files[other] = files[other], files[one]
		f.touch(one)
	})},
	{"extract: an entry at another's index", inExtract(func(f *forgery, files map[string][]byte, _ *bundle.Manifest) {
		name := of(f.rng, tileNames(files, bundle.ClassEntry))
		n := uint64(0)
		for files[bundle.EntryName(n)] != nil {
			n++
		}
		digits := strings.TrimPrefix(name, "entries/")
		files[bundle.EntryName(n)], files[bundle.ProofName(n)] = files[name], files["proofs/"+digits+".tlog-proof"]
		delete(files, name)
		delete(files, "proofs/"+digits+".tlog-proof")
		f.touched = []uint64{n}
	})},
	{"extract: a bit of a proof", inExtract(func(f *forgery, files map[string][]byte, _ *bundle.Manifest) {
		name := of(f.rng, tileNames(files, bundle.ClassProof))
		files[name] = f.flip(files[name])
		f.touch(strings.TrimSuffix(name, ".tlog-proof"))
	})},
	{"extract: a proof missing", inExtract(func(f *forgery, files map[string][]byte, _ *bundle.Manifest) {
		name := of(f.rng, tileNames(files, bundle.ClassProof))
		delete(files, name)
		f.touch(strings.TrimSuffix(name, ".tlog-proof"))
	})},
	{"extract: an entry missing, its proof not", inExtract(func(f *forgery, files map[string][]byte, _ *bundle.Manifest) {
		delete(files, of(f.rng, tileNames(files, bundle.ClassEntry)))
	})},
	{"extract: an act left out", func(t testing.TB, s *subject, f *forgery) {
		f.excerpt(t, s, func(f *forgery, files map[string][]byte, _ *bundle.Manifest) {
			delete(files, bundle.EntryName(s.first))
			delete(files, bundle.ProofName(s.first))
		})
	}},
	{"extract: the registration of a key left out", func(t testing.TB, s *subject, f *forgery) {
		f.excerpt(t, s, func(f *forgery, files map[string][]byte, _ *bundle.Manifest) {
			delete(files, bundle.EntryName(s.adder))
			delete(files, bundle.ProofName(s.adder))
		})
	}},
	{"extract: a bit of the checkpoint", inExtract(func(f *forgery, files map[string][]byte, _ *bundle.Manifest) {
		files[bundle.NameCheckpoint] = f.flip(files[bundle.NameCheckpoint])
	})},
	{"extract: a bit of genesis", inExtract(func(f *forgery, files map[string][]byte, _ *bundle.Manifest) {
		files[bundle.NameGenesis] = f.flip(files[bundle.NameGenesis])
	})},
	{"extract: another record", inExtract(func(_ *forgery, _ map[string][]byte, m *bundle.Manifest) {
		m.Records = append(slices.Clone(m.Records), "AR-110000-2025-009999")
	})},
	{"extract: a range that is not there", inExtract(func(f *forgery, files map[string][]byte, m *bundle.Manifest) {
		for m.To = 1; files[bundle.EntryName(m.To-1)] != nil; {
			m.To++
		}
		f.touched = []uint64{m.To - 1}
	})},
	{"extract: called a whole log", inExtract(func(_ *forgery, _ map[string][]byte, m *bundle.Manifest) { m.Kind = bundle.KindLog })},
}

// lone gives a file that stands alone, under the keys of the small log.
func (f *forgery) lone(s *subject, file []byte) {
	f.fixture, f.alone = s.log.fixture, file
}

// inReceipt changes a receipt; half of the auditors have the genesis too.
func inReceipt(change func(t testing.TB, f *forgery, r *receipted) []byte) func(testing.TB, *subject, *forgery) {
	return func(t testing.TB, s *subject, f *forgery) {
		r := of(f.rng, s.receipts)
		f.lone(s, nil)
		f.alone = change(t, f, &r)
		if f.rng.IntN(2) == 0 {
			f.options = func(o *Options) { o.Genesis = f.File }
		}
		f.mark("receipt of entry %d", r.index)
	}
}

// changedReceipt changes a receipt's members; twin is that of another entry.
func changedReceipt(change func(t testing.TB, f *forgery, r, twin *checkpoint.Receipt)) func(testing.TB, *subject, *forgery) {
	return inReceipt(func(t testing.TB, f *forgery, one *receipted) []byte {
		r := *one.parsed
		twin, err := checkpoint.ParseReceipt(one.twin)
		must(t, err)
		change(t, f, &r, twin)
		return r.Marshal()
	})
}

// inProof changes a .tlog-proof, or the entry that is given with it.
func inProof(change func(f *forgery, r *receipted) (proof, entry []byte)) func(testing.TB, *subject, *forgery) {
	return func(_ testing.TB, s *subject, f *forgery) {
		r := of(f.rng, s.receipts)
		proof, entry := change(f, &r)
		f.lone(s, proof)
		f.options = func(o *Options) { o.Entry = entry }
		f.mark("proof of entry %d", r.index)
	}
}

// inExtract changes the files of the extract.
func inExtract(change func(f *forgery, files map[string][]byte, m *bundle.Manifest)) func(testing.TB, *subject, *forgery) {
	return func(t testing.TB, s *subject, f *forgery) { f.excerpt(t, s, change) }
}

func (f *forgery) excerpt(t testing.TB, s *subject, change func(f *forgery, files map[string][]byte, m *bundle.Manifest)) {
	t.Helper()
	f.lone(s, f.repack(t, s.extract, func(files map[string][]byte, m *bundle.Manifest) { change(f, files, m) }))
	f.mark("the extract")
}

// touch expects the entry to be named that a file is about.
func (f *forgery) touch(name string) {
	n := uint64(0)
	for _, c := range name[strings.IndexByte(name, '/')+1:] {
		n = 10*n + uint64(c-'0')
	}
	f.touched = []uint64{n}
}
