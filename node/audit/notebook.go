package audit

import (
	"slices"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/ledger"
)

// notebook says under which keys a checkpoint of a size counts. Before a log was
// judged, and of files that are no whole log, these are the auditor's own keys. A
// whole log tells more: from which size on a key signs, and when it was revoked.
//
// What is believed, and why nothing of it goes in a circle: genesis is the one
// whose fingerprint the auditor has, and names every region's governance key. A
// key that came later counts because its region's governance key registered it in
// an entry that was judged (checks 4 and 5), from the first tree on that holds
// this entry. That a checkpoint under a new key covers the entry which registers
// it proves nothing and need not: who holds no governance key cannot write the
// entry, and who does may speak for the region anyway.
type notebook struct {
	file   *checkpoint.KeyFile
	known  []ledger.NoteKey // of the ledger, those that count; nil before it was judged
	others []checkpoint.Key // of the file, that the ledger does not know
	policy func(size uint64) checkpoint.Policy
	sets   map[int]*noteKeys // by the number of changes before
	times  []uint64          // of the changes, ascending: the first size that knows of each
}

// noteKeys are the keys of one stretch of sizes.
type noteKeys struct {
	valid   *checkpoint.Keys
	revoked *checkpoint.Keys // nil without any
}

// newNotebook is the auditor's own keys, and a policy.
func newNotebook(file *checkpoint.KeyFile, policy func() checkpoint.Policy) *notebook {
	return &notebook{
		file: file, others: file.List, policy: func(uint64) checkpoint.Policy { return policy() },
		sets: map[int]*noteKeys{0: {valid: file.Keys()}},
	}
}

// newLedgerBook is the keys as a judged ledger knows them. The error is about keys
// that cannot stand together: the key file then is not of this network.
func newLedgerBook(file *checkpoint.KeyFile, l *ledger.Ledger) (*notebook, error) {
	b := &notebook{file: file, policy: l.PolicyAt, sets: make(map[int]*noteKeys)}
	ever := l.NoteKeysEver()
	listed := make(map[string]bool, len(file.List))
	for _, k := range file.List {
		listed[string(k.Public)] = true
	}
	registered := make(map[string]bool, len(ever))
	for i := range ever {
		k := &ever[i]
		registered[string(k.Public)] = true
		if !counts(k, ever, listed) {
			continue
		}
		b.known = append(b.known, *k)
		b.times = append(b.times, k.Life.Active, k.Life.Revoked)
	}
	for _, k := range file.List {
		if !registered[string(k.Public)] {
			b.others = append(b.others, k)
		}
	}
	slices.Sort(b.times)
	b.times = slices.Compact(b.times)
	_, err := b.at(0)
	return b, err
}

// counts reports whether a key of the ledger is one that the auditor believes:
// one of the file, or one that a judged entry registered. A key of genesis that
// the file leaves out does not count, unless the file was written later: it has a
// key that came after this one, or this one was revoked since and counts for what
// lies before.
func counts(k *ledger.NoteKey, ever []ledger.NoteKey, listed map[string]bool) bool {
	if listed[string(k.Public)] || !k.Genesis || k.Life.Revoked != 0 {
		return true
	}
	return slices.ContainsFunc(ever, func(later ledger.NoteKey) bool {
		return !later.Genesis && later.Region == k.Region && later.Node == k.Node && later.Kind == k.Kind && listed[string(later.Public)]
	})
}

// at gives the keys of a size.
func (b *notebook) at(size uint64) (*noteKeys, error) {
	changes, _ := slices.BinarySearch(b.times, size+1) // those of up to size
	if set := b.sets[changes]; set != nil {
		return set, nil
	}
	set := new(noteKeys)
	valid, revoked := slices.Clone(b.others), []checkpoint.Key(nil)
	for i := range b.known {
		switch k := &b.known[i]; {
		case k.ValidAt(size):
			valid = append(valid, k.Key)
		case k.RevokedAt(size):
			revoked = append(revoked, k.Key)
		}
	}
	var err error
	if set.valid, err = together(valid); err != nil {
		return nil, err
	}
	if len(revoked) > 0 {
		if set.revoked, err = together(revoked); err != nil {
			return nil, err
		}
	}
	b.sets[changes] = set
	return set, nil
}

// together is the keys as a set. One whose name and short key id an earlier one
// has is left out, as the nodes do: its region made it so, and harms itself alone.
func together(list []checkpoint.Key) (*checkpoint.Keys, error) {
	keys, err := checkpoint.NewKeys(list)
	if err == nil {
		return keys, nil
	}
	var kept []checkpoint.Key
	for _, k := range list {
		if next, err := checkpoint.NewKeys(append(kept, k)); err == nil {
			kept, keys = append(kept, k), next
		}
	}
	if keys == nil {
		return nil, err
	}
	return keys, nil
}

// ever are all keys that count or did: what was signed with one stays signed.
func (b *notebook) ever() *checkpoint.Keys {
	list := slices.Clone(b.others)
	for i := range b.known {
		if b.known[i].Life.Active != 0 {
			list = append(list, b.known[i].Key)
		}
	}
	keys, err := together(list)
	if err != nil {
		return b.file.Keys()
	}
	return keys
}

// find gives what the ledger knows of a key; nil for one of the file alone.
func (b *notebook) find(k checkpoint.Key) *ledger.NoteKey {
	i := slices.IndexFunc(b.known, func(known ledger.NoteKey) bool { return known.VKey() == k.VKey() })
	if i < 0 {
		return nil
	}
	return &b.known[i]
}

// lists reports whether the auditor's file has a key.
func (b *notebook) lists(k checkpoint.Key) bool {
	return slices.ContainsFunc(b.file.List, func(have checkpoint.Key) bool { return have.VKey() == k.VKey() })
}

// judged is a note with the keys that it was opened under.
type judged struct {
	*checkpoint.Note
	keys    *checkpoint.Keys
	policy  checkpoint.Policy
	revoked []checkpoint.Signature // by keys that must not sign a tree of this size
}

// open reads a note under the keys of its size. The error is one of
// checkpoint.Keys.Open; what revoked keys signed is told with it.
func (b *notebook) open(raw []byte) (judged, error) {
	claim, err := claimOf(raw)
	if err != nil {
		_, err = b.file.Keys().Open(raw)
		return judged{keys: b.file.Keys()}, err
	}
	set, err := b.at(claim.Size)
	if err != nil {
		return judged{keys: b.file.Keys()}, err
	}
	o := judged{keys: set.valid, policy: b.policy(claim.Size)}
	if set.revoked != nil {
		if n, err := set.revoked.Open(raw); err == nil {
			o.revoked = n.Signatures
		}
	}
	o.Note, err = set.valid.Open(raw)
	return o, err
}

// grade is how firmly the note stands.
func (o *judged) grade() checkpoint.Grade { return o.policy.Grade(o.Note) }

// withoutLogKey are the regions that cosigned but none of whose log keys signed: a
// published note carries both.
func (o *judged) withoutLogKey() []string {
	has, signed := make(map[string]bool), make(map[string]bool)
	for _, k := range o.keys.List() {
		if k.Kind == checkpoint.KindLog && k.Name == o.Origin {
			has[k.Region] = true
		}
	}
	for _, s := range o.Signatures {
		if s.Key.Kind == checkpoint.KindLog {
			signed[s.Key.Region] = true
		}
	}
	return slices.DeleteFunc(o.CosignedBy(), func(region string) bool { return !has[region] || signed[region] })
}

// keyFile is the file for the next check: the keys that may sign a tree of a size,
// and of the old file what the ledger does not know.
func (b *notebook) keyFile(size uint64) (*checkpoint.KeyFile, error) {
	set, err := b.at(size)
	if err != nil {
		return nil, err
	}
	return &checkpoint.KeyFile{Genesis: b.file.Genesis, List: set.valid.List()}, nil
}
