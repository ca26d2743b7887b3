package audit

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
)

// noteTamperings change the checkpoint, its signatures, the keys and genesis.
var noteTamperings = []tampering{
	{"checkpoint: a bit", func(_ testing.TB, _ *subject, f *forgery) {
		f.parts[bundle.NameCheckpoint] = f.flip(f.parts[bundle.NameCheckpoint])
		f.mark("%q", f.parts[bundle.NameCheckpoint])
	}},
	{"checkpoint: size", restated(func(f *forgery, c *checkpoint.Checkpoint) {
		c.Size = of(f.rng, []uint64{0, 1, c.Size - 1, c.Size + 1, c.Size * 2, 1 << 30, 1<<63 - 1})
	})},
	{"checkpoint: root", restated(func(f *forgery, c *checkpoint.Checkpoint) { c.Root[f.rng.IntN(32)] ^= 1 << f.rng.IntN(8) })},
	{"checkpoint: origin", restated(func(f *forgery, c *checkpoint.Checkpoint) { c.Origin += "2" })},
	{"checkpoint: another line", func(_ testing.TB, _ *subject, f *forgery) {
		note := f.parts[bundle.NameCheckpoint]
		f.parts[bundle.NameCheckpoint] = bytes.Replace(note, []byte("\n\n"), []byte("\nextension\n\n"), 1)
		f.mark("an extension line")
	}},
	{"checkpoint: an older one", func(_ testing.TB, _ *subject, f *forgery) {
		f.parts[bundle.NameCheckpoint] = of(f.rng, f.sel.Earlier)
		f.mark("an older checkpoint in front of more entries")
	}},
	{"checkpoint: of another network", func(_ testing.TB, s *subject, f *forgery) {
		f.parts[bundle.NameCheckpoint] = s.foreign.sel.Note
		f.mark("a foreign checkpoint")
	}},
	{"checkpoint: signed with foreign keys", func(t testing.TB, s *subject, f *forgery) {
		c, err := claimOf(f.parts[bundle.NameCheckpoint])
		must(t, err)
		note, err := s.foreign.Sign(c)
		must(t, err)
		f.parts[bundle.NameCheckpoint] = note
		f.mark("the true checkpoint under foreign keys")
	}},
	{"checkpoint: too few regions", func(t testing.TB, _ *subject, f *forgery) {
		c, err := claimOf(f.parts[bundle.NameCheckpoint])
		must(t, err)
		regions := of(f.rng, [][]string{{"110000"}, {"110000", "120000"}, {"120000", "130000"}})
		note, err := f.Sign(c, regions...)
		must(t, err)
		f.parts[bundle.NameCheckpoint] = note
		f.mark("signed by %v", regions)
	}},
	{"cosignature: a bit", inSignature(func(f *forgery, raw []byte) []byte { return f.flip(raw) })},
	{"cosignature: cut", inSignature(func(f *forgery, raw []byte) []byte { return raw[:4+f.rng.IntN(len(raw)-4)] })},
	{"cosignature: time", func(t testing.TB, _ *subject, f *forgery) {
		f.edit(func(lines []string) []string {
			i := len(lines) - 1 - f.rng.IntN(3) // cosigners stand behind the log keys
			head, raw := signature(t, lines[i])
			at := binary.BigEndian.Uint64(raw[4:])
			binary.BigEndian.PutUint64(raw[4:], at+uint64(1+f.rng.IntN(1000)))
			lines[i] = signatureLine(head, raw)
			return lines
		})
		f.mark("the time of a cosignature")
	}},
	{"cosignature: of another checkpoint", func(t testing.TB, _ *subject, f *forgery) {
		_, old := noteLines(f.sel.Earlier[0])
		f.edit(func(lines []string) []string {
			i := f.rng.IntN(len(lines))
			lines[i] = strings.TrimSuffix(old[i], "\n") + "\n"
			return lines
		})
		f.mark("a line of an older checkpoint")
	}},
	{"cosignature: removed", func(_ testing.TB, _ *subject, f *forgery) {
		f.edit(func(lines []string) []string {
			i := f.rng.IntN(len(lines))
			return slices.Delete(lines, i, i+1)
		})
		f.mark("a signature is gone")
	}},
	{"cosignature: twice", func(_ testing.TB, _ *subject, f *forgery) {
		f.edit(func(lines []string) []string { return append(lines, of(f.rng, lines)) })
		f.mark("a signature stands twice")
	}},
	{"cosignature: under another's name", func(t testing.TB, _ *subject, f *forgery) {
		f.edit(func(lines []string) []string {
			i, j := len(lines)-1, len(lines)-2
			one, raw := signature(t, lines[i])
			two, other := signature(t, lines[j])
			lines[i], lines[j] = signatureLine(one, other), signatureLine(two, raw)
			return lines
		})
		f.mark("two names exchanged")
	}},
	{"key: another in the auditor's file", func(t testing.TB, _ *subject, f *forgery) {
		list, err := checkpoint.ParseKeyFile(f.keys)
		must(t, err)
		k := of(f.rng, list.List)
		use := map[checkpoint.Kind]keyring.Use{checkpoint.KindLog: keyring.UseLog, checkpoint.KindCosigner: keyring.UseCosigner}[k.Kind]
		fresh, err := keyring.Generate(keyring.EdDSA, use, "other")
		must(t, err)
		other := checkpoint.NewKey(k.Kind, f.Signed.Origin, k.Region, k.Node, fresh.Public().Key)
		f.options = func(o *Options) { o.Keys = bytes.Replace(o.Keys, []byte(k.VKey()), []byte(other.VKey()), 1) }
		f.mark("another key for %s/%s", k.Region, k.Node)
	}},
	{"key: a bit of the auditor's file", func(_ testing.TB, _ *subject, f *forgery) {
		at := bytes.Index(f.keys, []byte("\ngenesis ")) + 1 // what stands before is a comment
		end := at + bytes.IndexByte(f.keys[at:], '\n')
		changed := f.digit(f.keys[:end], at)
		if f.rng.IntN(2) == 0 { // the last key; another that fits its id is not to be found
			at = bytes.LastIndexByte(bytes.TrimSpace(f.keys), '+') + 1
			changed, end = append(bytes.Clone(f.keys[:at]), f.flip(f.keys[at:len(f.keys)-1])...), len(f.keys)-1
		}
		f.options = func(o *Options) { o.Keys = append(changed, f.keys[end:]...) }
		f.refused = true
		f.mark("the key file")
	}},
	{"genesis: a bit", func(_ testing.TB, _ *subject, f *forgery) {
		f.parts[bundle.NameGenesis] = f.flip(f.parts[bundle.NameGenesis])
		f.mark("a bit of genesis")
	}},
	{"genesis: cut", func(_ testing.TB, _ *subject, f *forgery) {
		f.parts[bundle.NameGenesis] = f.parts[bundle.NameGenesis][:f.rng.IntN(2)*f.rng.IntN(1000)]
		f.mark("genesis cut to %d bytes", len(f.parts[bundle.NameGenesis]))
	}},
	{"genesis: of another network", func(_ testing.TB, s *subject, f *forgery) {
		f.parts[bundle.NameGenesis] = s.foreign.File
		if f.rng.IntN(2) == 0 {
			f.claims = func(m *bundle.Manifest) { m.Network = s.foreign.Signed.Network() }
		}
		f.mark("a foreign genesis")
	}},
	{"everything of another network", func(_ testing.TB, s *subject, f *forgery) {
		f.alone = s.foreign.zip
		f.mark("a foreign bundle")
	}},
	{"missing: a file", func(_ testing.TB, _ *subject, f *forgery) {
		name := of(f.rng, []string{bundle.NameGenesis, bundle.NameCheckpoint, bundle.NamePolicy, bundle.NameReadme})
		delete(f.parts, name)
		f.mark("%s is gone", name)
	}},
	{"policy: a bit", func(_ testing.TB, _ *subject, f *forgery) {
		f.parts[bundle.NamePolicy] = f.flip(f.parts[bundle.NamePolicy])
		f.mark("a bit of policy.txt")
	}},
	{"manifest", func(_ testing.TB, _ *subject, f *forgery) {
		switch f.rng.IntN(6) {
		case 0:
			f.claims = func(m *bundle.Manifest) { m.Size++ }
		case 1:
			f.claims = func(m *bundle.Manifest) { m.Root = b64(merkle.Hash{}) }
		case 2:
			f.claims = func(m *bundle.Manifest) { m.Origin = "elsewhere" }
		case 3:
			f.claims = func(m *bundle.Manifest) { m.Network = "elsewhere" }
		case 4:
			f.claims = func(m *bundle.Manifest) { m.Files = slices.Delete(m.Files, 1, 2) }
		default:
			f.claims = func(m *bundle.Manifest) {
				m.Files = append(m.Files, strings.Replace(m.Files[0], m.Files[0][66:], "checkpoints/1", 1))
			}
		}
		f.mark("the manifest")
	}},
	{"zip: a name twice, or of nothing", func(t testing.TB, _ *subject, f *forgery) {
		f.raw = func(files map[string][]byte) []byte {
			if f.rng.IntN(2) == 0 {
				return pack(t, files, bundle.NameCheckpoint)
			}
			files[of(f.rng, []string{"../checkpoint", "x", "tile/0/x000", "CHECKPOINT"})] = nil
			return pack(t, files)
		}
		f.mark("the zip's names")
	}},
	{"older checkpoint: a bit", inEarlier(func(_ testing.TB, f *forgery, note []byte) []byte {
		return f.flip(note)
	})},
	{"older checkpoint: too few regions", inEarlier(func(t testing.TB, f *forgery, note []byte) []byte {
		c, err := claimOf(note)
		must(t, err)
		two, err := f.Sign(c, "110000", "130000")
		must(t, err)
		return two
	})},
	{"older checkpoint: another root", inEarlier(func(t testing.TB, f *forgery, note []byte) []byte {
		c, err := claimOf(note)
		must(t, err)
		c.Root[f.rng.IntN(32)] ^= 1
		forked, err := f.Sign(c) // all regions did it
		must(t, err)
		return forked
	})},
	{"older checkpoint: another size", func(_ testing.TB, _ *subject, f *forgery) {
		name := of(f.rng, tileNames(f.parts, bundle.ClassEarlier))
		f.parts[bundle.EarlierName(uint64(1+f.rng.IntN(9)))] = f.parts[name]
		f.mark("%s under another size", name)
	}},
	{"kept: another root", func(t testing.TB, _ *subject, f *forgery) {
		c, err := claimOf(of(f.rng, append(slices.Clone(f.sel.Earlier), f.sel.Note)))
		must(t, err)
		c.Root[f.rng.IntN(32)] ^= 1
		note, err := f.Sign(c)
		must(t, err)
		f.options = func(o *Options) { o.Previous = [][]byte{note} }
		f.mark("the auditor kept another root at %d", c.Size)
	}},
	{"kept: more than there is", func(t testing.TB, _ *subject, f *forgery) {
		c, err := claimOf(f.sel.Note)
		must(t, err)
		c.Size += uint64(1 + f.rng.IntN(1000))
		note, err := f.Sign(c)
		must(t, err)
		f.want = ExitIndeterminate // signed in the same second: it may have grown since
		f.options = func(o *Options) { o.Previous = [][]byte{note} }
		f.mark("the auditor kept a checkpoint of size %d", c.Size)
	}},
	{"kept: of another log", func(t testing.TB, _ *subject, f *forgery) {
		c, err := claimOf(f.sel.Note)
		must(t, err)
		c.Origin = "elsewhere.internal/ledger"
		f.options = func(o *Options) {
			o.Previous = [][]byte{append(c.Body(), "\n— elsewhere AAAAAA==\n"...)}
		}
		f.mark("the auditor kept a checkpoint of another log")
	}},
	{"evidence: a fork", func(t testing.TB, _ *subject, f *forgery) {
		c, err := claimOf(of(f.rng, f.sel.Earlier))
		must(t, err)
		c.Size -= uint64(f.rng.IntN(2))
		c.Root[0] ^= 1
		one, err := f.Sign(c, "110000")
		must(t, err)
		other := f.sel.Note
		if f.rng.IntN(2) == 0 {
			c.Root[1] ^= 1
			other, err = f.Sign(c, "120000")
			must(t, err)
		}
		f.parts[bundle.EvidenceName("fork-1")] = text(t, evidenceFile{N: 1, Why: "root", Seen: "2025-11-03T09:00:00+08:00", From: "120000-a", Notes: []string{string(one), string(other)}})
		f.mark("proof of a fork at %d", c.Size)
	}},
}

// restated changes what the checkpoint says; the signatures stay.
func restated(change func(*forgery, *checkpoint.Checkpoint)) func(testing.TB, *subject, *forgery) {
	return func(t testing.TB, _ *subject, f *forgery) {
		note := f.parts[bundle.NameCheckpoint]
		c, err := claimOf(note)
		must(t, err)
		change(f, &c)
		_, rest, _ := strings.Cut(string(note), "\n\n")
		f.parts[bundle.NameCheckpoint] = fmt.Appendf(nil, "%s\n%d\n%s\n\n%s", c.Origin, c.Size, b64(c.Root), rest)
		f.mark("size %d of %s", c.Size, c.Origin)
	}
}

// inSignature changes one signature of the checkpoint.
func inSignature(change func(f *forgery, raw []byte) []byte) func(testing.TB, *subject, *forgery) {
	return func(t testing.TB, _ *subject, f *forgery) {
		f.edit(func(lines []string) []string {
			i := f.rng.IntN(len(lines))
			head, raw := signature(t, lines[i])
			lines[i] = signatureLine(head, change(f, raw))
			f.mark("signature %d", i)
			return lines
		})
	}
}

// inEarlier changes one older checkpoint.
func inEarlier(change func(t testing.TB, f *forgery, note []byte) []byte) func(testing.TB, *subject, *forgery) {
	return func(t testing.TB, _ *subject, f *forgery) {
		name := of(f.rng, tileNames(f.parts, bundle.ClassEarlier))
		f.parts[name] = change(t, f, f.parts[name])
		f.mark("%s", name)
	}
}

// conspiracies are logs that all regions signed together. The tree proves nothing
// then; rules, signatures of the acting bureaus and state digests still do.
var conspiracies = []tampering{
	{"all agree: a bit of a statement", conspired(func(t testing.TB, f *forgery, i int) {
		e := bytes.Clone(f.entries[i])
		from := bytes.Index(e, []byte(`,"stmt"`))
		e[from+f.rng.IntN(len(e)-from)] ^= 1 << f.rng.IntN(8)
		f.entries[i] = e
	})},
	{"all agree: a payload", conspired(func(t testing.TB, f *forgery, i int) {
		l := f.leaf(t, i)
		l.Stmt = f.payload(l.Stmt)
		f.put(i, l)
	})},
	{"all agree: a signature", conspired(func(t testing.TB, f *forgery, i int) {
		l := f.leaf(t, i)
		l.Stmt = f.signature(l.Stmt)
		f.put(i, l)
	})},
	{"all agree: ledger time", conspired(func(t testing.TB, f *forgery, i int) {
		l := f.leaf(t, i)
		l.TS += int64(1 + f.rng.IntN(100_000))
		f.put(i, l)
	})},
	{"all agree: state digest", conspired(func(t testing.TB, f *forgery, i int) {
		l := f.leaf(t, i)
		l.State[f.rng.IntN(32)] ^= 1 << f.rng.IntN(8)
		f.put(i, l)
	})},
	{"all agree: an entry removed", conspired(func(t testing.TB, f *forgery, i int) {
		f.entries = slices.Delete(f.entries, i, i+1)
		f.renumber(t, i)
	})},
	{"all agree: an entry repeated", conspired(func(t testing.TB, f *forgery, i int) {
		f.entries = slices.Insert(f.entries, i, f.entries[(i+1+f.rng.IntN(len(f.entries)-1))%len(f.entries)])
		f.renumber(t, i)
	})},
	{"all agree: two exchanged", conspired(func(t testing.TB, f *forgery, i int) {
		f.entries[i], f.entries[i+1] = f.entries[i+1], f.entries[i]
		f.renumber(t, i)
	})},
	{"all agree: signed for another region", func(t testing.TB, _ *subject, f *forgery) {
		i, raw := f.forgedAct(t)
		l := f.leaf(t, i)
		l.Stmt = raw
		f.put(i, l)
		f.resign(t)
		f.mark("entry %d", i)
		f.touched = []uint64{uint64(i)}
	}},
	{"all agree: a false seal", func(t testing.TB, s *subject, f *forgery) {
		what := f.rng.IntN(7)
		body := f.sealOf(t, what)
		f.add(t, f.statement(s, "110000", statement.KindLedgerSeal, statement.RoleNode, body.Marshal()))
		f.mark("seal %d: %s", what, body.Day)
	}},
	{"all agree: an act that no rule allows", func(t testing.TB, s *subject, f *forgery) {
		p := f.statement(s, "120000", statement.KindRecordAct, "clerk", statement.ActBody{Event: of(f.rng, []string{"approve", "send", "no_such"}), Fields: []byte("{}")}.Marshal())
		p.Record, p.Prev = of(f.rng, f.Records), statement.Hash{byte(f.rng.IntN(256))}.String()
		f.add(t, p)
		f.mark("an act on %s", p.Record)
	}},
	{"all agree: a statement once more", func(t testing.TB, _ *subject, f *forgery) {
		n, i := len(f.entries), f.any()
		l := f.leaf(t, n-1)
		l.Seq, l.Stmt = uint64(n), f.leaf(t, i).Stmt
		f.entries = append(f.entries, merkle.AppendLeaf(nil, l))
		f.resign(t)
		f.mark("the statement of entry %d again", i)
		f.touched = []uint64{uint64(n)}
	}},
	{"all agree: the end cut off, and signed later", func(t testing.TB, _ *subject, f *forgery) {
		kept := f.parts[bundle.NameCheckpoint]
		n := len(f.entries) - 1 - f.rng.IntN(9)
		f.entries = f.entries[:n]
		f.resign(t)
		f.options = func(o *Options) { o.Previous = [][]byte{kept} }
		f.mark("cut back to %d", n)
	}},
	{"all agree: another history than the auditor's", func(t testing.TB, _ *subject, f *forgery) {
		kept := of(f.rng, append(slices.Clone(f.sel.Earlier), f.sel.Note))
		i := f.rng.IntN(30) // below every checkpoint
		l := f.leaf(t, i)
		l.ProposedAt-- // what no rule forbids
		f.put(i, l)
		f.resign(t)
		f.options = func(o *Options) { o.Previous = [][]byte{kept} }
		f.within = true
		f.mark("proposal time of entry %d", i)
	}},
}

// conspired changes some entry, and all regions sign the outcome.
func conspired(change func(t testing.TB, f *forgery, i int)) func(testing.TB, *subject, *forgery) {
	return func(t testing.TB, _ *subject, f *forgery) {
		i := f.any()
		change(t, f, i)
		f.resign(t)
		f.mark("entry %d", i)
		f.touched = []uint64{uint64(i)}
	}
}

// statement fills in a statement of the present.
func (f *forgery) statement(s *subject, region, kind, role string, body []byte) statement.Payload {
	s.signing.Lock()
	defer s.signing.Unlock()
	return f.Payload(region, kind, role, body)
}

// twoDays after its end an open day of the fixture can be sealed.
const twoDays = 2 * 86400 // s

// add signs a statement as its region would, puts it behind the others, and has
// all regions sign the outcome.
func (f *forgery) add(t testing.TB, p statement.Payload) {
	t.Helper()
	raw, err := f.SignStatement(p)
	must(t, err)
	n := len(f.entries)
	l := f.leaf(t, n-1)
	at := (f.Now + twoDays) * 1000
	l.Seq, l.Stmt, l.TS, l.ProposedAt = uint64(n), raw, at, at
	f.entries = append(f.entries, merkle.AppendLeaf(nil, l))
	f.resign(t)
	f.touched = []uint64{uint64(n)}
}

// sealOf is a seal of the day before the fixture's end that is false in one way.
func (f *forgery) sealOf(t testing.TB, what int) statement.SealBody {
	t.Helper()
	n := uint64(len(f.entries))
	s := shelve(f.entries)
	c := checkpoint.Checkpoint{Origin: f.Signed.Origin, Size: n, Root: s.tree.Root()}
	state := f.leaf(t, len(f.entries)-1).State
	body := statement.SealBody{Day: calendar.DayOf(f.Now).String(), State: statement.Hash(state).String(), Calendar: 1, Rules: 1}
	regions := []string(nil)
	switch what {
	case 0: // sealed before
		body.Day = (calendar.DayOf(f.Now) - 1).String()
	case 1:
		body.Day = "2099-01-01"
	case 2:
		c.Root[3] ^= 1
	case 3:
		state[0] ^= 1
		body.State = statement.Hash(state).String()
	case 4:
		regions = []string{"110000", "130000"}
	case 5:
		body.Calendar = 2
	case 6:
		c.Size = 1 << 40
	}
	note, err := f.Sign(c, regions...)
	must(t, err)
	body.Checkpoint = note
	return body
}
