package access

import (
	"errors"
	"slices"
	"testing"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/merkle"
)

const record = "CT-110000-2025-000001"

// rows makes a log of n entries, every third about the record, and its heads at the
// given sizes.
func rows(t *testing.T, n int, at ...uint64) (list []Row, heads []Head) {
	t.Helper()
	tree := merkle.NewTree()
	for i := range n {
		e := entry()
		e.Time += int64(i)
		e.Salt = strict.B64(append(make([]byte, SaltSize-1), byte(i)))
		if i%3 != 0 {
			e.Record = "CT-120000-2025-000009"
		}
		raw, err := e.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		row := Row{Slip: Slip(e, raw), Entry: raw}
		list = append(list, row)
		tree.Append(Leaf(row.Slip))
		if slices.Contains(at, tree.Size()) {
			heads = append(heads, Head{Log: 1, Size: tree.Size(), Root: tree.Root()})
		}
	}
	return list, heads
}

// replay is what a reader does with rows.
func replay(list []Row, heads []Head, subjects ...string) (*Replay, error) {
	r := NewReplay(heads, subjects)
	for _, row := range list {
		if err := r.Add(row); err != nil {
			return r, err
		}
	}
	if r.Missing() != nil {
		return r, ErrAnchor
	}
	return r, nil
}

// Ensure an honest log verifies in full, and with what is about others held back.
func TestReplay(t *testing.T) {
	list, heads := rows(t, 10, 1, 4, 10)
	r, err := replay(list, heads)
	if err != nil || len(r.Found) != 10 {
		t.Fatalf("%d found, %v", len(r.Found), err)
	}
	for i := range list {
		if i%3 != 0 {
			list[i].Entry = nil
		}
	}
	r, err = replay(list, heads, record)
	if err != nil || len(r.Found) != 4 || r.Found[1].Index != 3 || r.Found[1].Entry.Record != record {
		t.Fatalf("%+v, %v", r.Found, err)
	}
	if r.Size() != 10 || r.Root() != heads[2].Root {
		t.Errorf("size %d, root %x", r.Size(), r.Root())
	}
}

// Ensure whatever is done to a log between two heads is noticed.
func TestReplayTampered(t *testing.T) {
	for name, c := range map[string]struct {
		want   error
		tamper func([]Row) []Row
	}{
		"an entry dropped":          {ErrAnchor, func(l []Row) []Row { return slices.Delete(l, 2, 3) }},
		"the tail dropped":          {ErrAnchor, func(l []Row) []Row { return l[:9] }},
		"all dropped":               {ErrAnchor, func([]Row) []Row { return nil }},
		"two slips swapped":         {ErrTime, func(l []Row) []Row { l[2], l[3] = l[3], l[2]; return l }},
		"two withheld swapped":      {ErrAnchor, func(l []Row) []Row { l[1], l[2] = Row{Slip: l[2].Slip}, Row{Slip: l[1].Slip}; return l }},
		"an entry of another":       {ErrChanged, func(l []Row) []Row { l[2].Entry = l[3].Entry; return l }},
		"an entry added":            {ErrAnchor, func(l []Row) []Row { return slices.Insert(l, 3, l[3]) }},
		"another person":            {ErrAnchor, func(l []Row) []Row { return forge(t, l, 3, func(e *Entry) { e.Person = "BBBBBBBBBBBBBBBBBBBBBA" }) }},
		"another record":            {ErrAnchor, func(l []Row) []Row { return forge(t, l, 3, func(e *Entry) { e.Record = "" }) }},
		"held back":                 {ErrWithheld, func(l []Row) []Row { l[3].Entry = nil; return l }},
		"bytes changed":             {ErrForm, func(l []Row) []Row { l[3].Entry = append(slices.Clone(l[3].Entry), ' '); return l }},
		"a slip of another form":    {ErrForm, func(l []Row) []Row { l[1] = Row{Slip: l[1].Slip + " "}; return l }},
		"a slip without its tags":   {ErrAnchor, func(l []Row) []Row { l[3] = Row{Slip: l[3].Slip[:len(slipFormat)+44]}; return l }},
		"the last entry, forked":    {ErrAnchor, func(l []Row) []Row { return forge(t, l, 9, func(e *Entry) { e.Role = "clerk" }) }},
		"between two heads, forked": {ErrAnchor, func(l []Row) []Row { return forge(t, l, 5, func(e *Entry) { e.Role = "clerk" }) }},
	} {
		list, heads := rows(t, 10, 1, 4, 10)
		if _, err := replay(c.tamper(list), heads, record); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// forge changes an entry and its slip.
func forge(t *testing.T, list []Row, i int, change func(*Entry)) []Row {
	t.Helper()
	e, err := Parse(list[i].Entry)
	if err != nil {
		t.Fatal(err)
	}
	change(&e)
	raw, err := e.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	list[i] = Row{Slip: Slip(e, raw), Entry: raw}
	return list
}

// Ensure a signed head opens under its node's key and origin alone.
func TestHead(t *testing.T) {
	key, err := keyring.Generate(keyring.EdDSA, keyring.UseLog, "110000-a-log")
	if err != nil {
		t.Fatal(err)
	}
	place := Place{Origin: "sandi.internal/ledger", Region: "110000", Node: "110000-a"}
	_, heads := rows(t, 4, 4)
	raw, err := place.Sign(heads[0], key)
	if err != nil {
		t.Fatal(err)
	}
	public := key.Public().Key
	if got, err := place.Open(1, raw, public); err != nil || got != heads[0] {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := place.Open(2, raw, public); err == nil {
		t.Error("the head of log 1 is one of log 2")
	}
	other := place
	other.Node = "110000-b"
	if _, err := other.Open(1, raw, public); err == nil {
		t.Error("another node's head")
	}
	raw[len(raw)-3] ^= 1
	if _, err := place.Open(1, raw, public); err == nil {
		t.Error("a broken signature")
	}
}
