package ledger_test

import (
	"testing"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
)

// noted is a checkpoint of the replica's tree at a size, cosigned by regions.
func (r *replica) noted(size uint64, by ...string) *checkpoint.Note {
	r.w.t.Helper()
	root, err := merkle.RootAt(r.books(), size)
	if err != nil {
		r.w.t.Fatal(err)
	}
	return r.w.cosigned(checkpoint.Checkpoint{Origin: r.w.signed.Origin, Size: size, Root: root}, by...)
}

func (w *world) cosigned(c checkpoint.Checkpoint, by ...string) *checkpoint.Note {
	w.t.Helper()
	note := checkpoint.NewNote(c)
	for _, region := range by {
		key := w.cosigners[region]
		public := key.Public()
		s, err := checkpoint.Cosign(c, checkpoint.NewKey(checkpoint.KindCosigner, c.Origin, region, region+"-a", public.Key), key, w.now)
		if err != nil {
			w.t.Fatal(err)
		}
		if err := note.Merge(checkpoint.NewNote(c, s)); err != nil {
			w.t.Fatal(err)
		}
	}
	return note
}

// sealBody is an honest seal of a day with the tree as it stands.
func (r *replica) sealBody(day string) statement.SealBody {
	r.w.t.Helper()
	size := r.standing().Size
	var leaf merkle.Leaf
	err := r.books().Entries(size-1, size, func(_ uint64, entry []byte) (bool, error) {
		var err error
		leaf, err = merkle.ParseLeaf(entry)
		return true, err
	})
	if err != nil {
		r.w.t.Fatal(err)
	}
	return statement.SealBody{
		Day: day, Checkpoint: r.noted(size, regions...).Marshal(), State: statement.Hash(leaf.State).String(), Calendar: 1, Rules: 1,
	}
}

func (w *world) seal(region string, body statement.SealBody) []byte {
	return w.sign(w.keys[region], w.payload(region, statement.KindLedgerSeal, statement.RoleNode, body.Marshal()))
}

const day = 86400

// Ensure a day that has ended can be sealed once, by any region, and that the
// seal survives a restart and a full verification.
func TestSeal(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	r.handover("2025-1")
	w.now += day
	body := r.sealBody("2025-11-03")
	res := r.commit(w.seal(tianjin, body))
	want := ledger.Seal{Day: "2025-11-03", Index: res.Index, Size: 1}
	r = r.restart()
	if got, err := r.books().LastSeal(); err != nil || got != want {
		t.Errorf("last seal %+v, %v; want %+v", got, err, want)
	}
	r.handover("2025-2")
	if code := r.refused(w.seal(hebei, r.sealBody("2025-11-03"))); code != ledger.CodeSealed {
		t.Errorf("a second seal of the day: %s", code)
	}
	w.now += 2 * day // a day without a seal in between is passed over
	second := r.commit(w.seal(hebei, r.sealBody("2025-11-05")))
	list, err := r.books().Seals()
	if err != nil || len(list) != 2 || list[0] != want || list[1] != (ledger.Seal{Day: "2025-11-05", Index: second.Index, Size: 3}) {
		t.Errorf("seals %+v, %v", list, err)
	}
	r.check()
}

// Ensure everything that a seal says is checked.
func TestSealRefusals(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	r.handover("2025-1")
	r.handover("2025-2")
	w.now += day
	first := r.noted(1, regions...).Marshal()
	r.commit(w.seal(beijing, r.sealBody("2025-11-03")))
	w.now += day
	other := checkpoint.Checkpoint{Origin: w.signed.Origin, Size: 2, Root: merkle.Hash{1}}
	beyond := checkpoint.Checkpoint{Origin: w.signed.Origin, Size: 9, Root: merkle.Hash{1}}
	foreign := r.noted(3, regions...)
	foreign.Origin = "elsewhere.internal/ledger"
	for _, tc := range []struct {
		name   string
		change func(*statement.SealBody)
		want   ledger.Code
	}{
		{"today", func(b *statement.SealBody) { b.Day = "2025-11-05" }, ledger.CodeSealEarly},
		{"a day before the last seal", func(b *statement.SealBody) { b.Day = "2025-11-02" }, ledger.CodeSealed},
		{"two of three cosigned", func(b *statement.SealBody) { b.Checkpoint = r.noted(3, beijing, hebei).Marshal() }, ledger.CodeSealNote},
		{"not a note", func(b *statement.SealBody) { b.Checkpoint = []byte("x") }, ledger.CodeSealNote},
		{"another origin", func(b *statement.SealBody) { b.Checkpoint = foreign.Marshal() }, ledger.CodeSealNote},
		{"another tree", func(b *statement.SealBody) { b.Checkpoint = w.cosigned(other, regions...).Marshal() }, ledger.CodeSealTree},
		{"a tree to come", func(b *statement.SealBody) { b.Checkpoint = w.cosigned(beyond, regions...).Marshal() }, ledger.CodeSealTree},
		{"less than the last seal covers", func(b *statement.SealBody) { b.Checkpoint = first }, ledger.CodeSealTree},
		{"another state", func(b *statement.SealBody) { b.State = statement.Hash{1}.String() }, ledger.CodeSealState},
		{"another calendar", func(b *statement.SealBody) { b.Calendar = 2 }, ledger.CodeSealLaw},
		{"another rule table", func(b *statement.SealBody) { b.Rules = 2 }, ledger.CodeSealLaw},
	} {
		body := r.sealBody("2025-11-04")
		tc.change(&body)
		if got := r.refused(w.seal(beijing, body)); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
	r.commit(w.seal(beijing, r.sealBody("2025-11-04"))) // the honest one still stands
	r.check()
}

// Ensure a revoked cosigner counts no more and its successor does.
func TestSealAfterRotation(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	r.handover("2025-1")
	old := w.cosigners[hebei]
	w.cosigners[hebei] = w.key(keyring.UseCosigner, "cos-b")
	r.commit(w.addKey(hebei, w.cosigners[hebei], hebei+"-a", true))
	r.commit(w.govern(hebei, statement.KindKeyRevoke, statement.KeyBody{Key: old.Public().ID, Reason: "replaced"}.Marshal()))
	w.now += day
	body := r.sealBody("2025-11-03")
	successor := w.cosigners[hebei]
	w.cosigners[hebei] = old
	withOld := r.sealBody("2025-11-03")
	w.cosigners[hebei] = successor
	if code := r.refused(w.seal(beijing, withOld)); code != ledger.CodeSealNote {
		t.Errorf("a revoked cosigner: %s", code)
	}
	r.commit(w.seal(beijing, body))
	r.check()
}
