package exchange

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sandi.internal/gateway/api/public"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/storage/commitment"
	"sandi.internal/gateway/storage/vault"
)

// Ensure what is offered arrives, is receipted once, and can be read only then.
func TestTransfer(t *testing.T) {
	w := newWorld(t)
	beijing, hebei := w.nodes[solo.Beijing], w.nodes[solo.Hebei]
	objects := [][]byte{content(100, 1), content(3*vault.ChunkSize+5, 2), content(vault.ChunkSize, 3)}
	list := beijing.put(objects...)
	ref := beijing.offers(list)
	if got := w.ends(ref); got != ledger.OfferReceived {
		t.Fatalf("it ended as %s", got)
	}
	hebei.has(list, objects...)
	w.until("the inbox is empty", func() bool { row, _ := hebei.local.Get(inboxKey(ref)); return row == nil })
	if p, _ := hebei.Progress(ref); p.Bytes != w.offer(ref).Bytes || p.Total != p.Bytes {
		t.Errorf("%+v of %d", p, w.offer(ref).Bytes)
	}
	leaf := w.offer(ref).Ended
	// The same objects offered again: nothing to fetch, one more receipt.
	again := beijing.offers(list)
	if got := w.ends(again); got != ledger.OfferReceived {
		t.Fatalf("it ended as %s", got)
	}
	if w.offer(ref).Ended != leaf {
		t.Error("the first offer was receipted again")
	}
	if u := hebei.vault.Usage(); u.Objects != 5 { // three and two lists
		t.Errorf("%+v", u)
	}
}

// Ensure nobody but the recipient's nodes gets anything, and the recipient nothing
// that was not offered.
func TestGivenToNobodyElse(t *testing.T) {
	w := newWorld(t)
	beijing := w.nodes[solo.Beijing]
	ref := beijing.offers(beijing.put(content(100, 1)))
	ctx := context.Background()
	for _, region := range []string{solo.Tianjin, solo.Beijing, ""} {
		_, err := beijing.GiveList(ctx, region, ref)
		_, err2 := beijing.GiveTree(ctx, region, ref, 0)
		_, err3 := beijing.GiveChunk(ctx, region, ref, 0, 0, vault.Buffer())
		if !errors.Is(err, ErrAbsent) || !errors.Is(err2, ErrAbsent) || !errors.Is(err3, ErrAbsent) {
			t.Errorf("%q: %v, %v, %v", region, err, err2, err3)
		}
	}
	for _, at := range []struct {
		item  int
		chunk int64
	}{{1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
		if data, err := beijing.GiveChunk(ctx, solo.Hebei, ref, at.item, at.chunk, vault.Buffer()); err == nil {
			t.Errorf("item %d, chunk %d: %d bytes", at.item, at.chunk, len(data))
		}
	}
	if _, err := beijing.GiveList(ctx, solo.Hebei, Ref{Region: solo.Beijing, ID: statement.NewID(time.Now(), entropy{})}); !errors.Is(err, ErrAbsent) {
		t.Errorf("an offer that is none: %v", err)
	}
}

// Ensure a peer that gives other bytes than it offered is found out, that what came
// is kept as evidence, and that nothing of the offer stays.
func TestContested(t *testing.T) {
	for name, change := range map[string]func(what string, data []byte) []byte{
		statement.DisputeList: func(what string, data []byte) []byte {
			if what == "list" {
				data = bytes.Replace(data, []byte("image"), []byte("audio"), 1)
			}
			return data
		},
		statement.DisputeChunk: func(what string, data []byte) []byte {
			if what == "chunk" {
				data = bytes.Clone(data)
				data[len(data)/2] ^= 1
			}
			return data
		},
		"a shorter chunk": func(what string, data []byte) []byte {
			if what == "chunk" {
				data = data[:len(data)-1]
			}
			return data
		},
		"another tree": func(what string, data []byte) []byte {
			if what == "tree" {
				data = bytes.Clone(data)
				data[0] ^= 1
			}
			return data
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			beijing, hebei := w.nodes[solo.Beijing], w.nodes[solo.Hebei]
			w.mu.Lock()
			w.tamper = func(what string, _ int, _ int64, data []byte) ([]byte, error) { return change(what, data), nil }
			w.mu.Unlock()
			list := beijing.put(content(vault.ChunkSize+7, 1))
			ref := beijing.offers(list)
			if got := w.ends(ref); got != ledger.OfferDisputed {
				t.Fatalf("it ended as %s", got)
			}
			w.until("the inbox is empty", func() bool { row, _ := hebei.local.Get(inboxKey(ref)); return row == nil })
			if _, err := hebei.reads(list[0]); !errors.Is(err, vault.ErrNotFound) {
				t.Errorf("the object is there: %v", err)
			}
			objects, err := hebei.vault.List(context.Background(), [32]byte{}, 9, func(o vault.Object) bool { return o.Name != "materials.json" })
			if err != nil || len(objects) != 1 || objects[0].Name[:8] != "dispute-" {
				t.Errorf("the evidence: %+v, %v", objects, err)
			}
		})
	}
}

// Ensure a bureau is not made to receipt what it could not open or would not show: a
// name that hides what the file is, or the mark of a record's values.
func TestUnfitItems(t *testing.T) {
	text := []byte("evidence")
	sum, salt := sha256.Sum256(text), commitment.Salt{1, 2, 3}
	c := commitment.Compute(salt, uint64(len(text)), sum)
	leaf := merkle.LeafHash(text)
	tree := treeOf(leaf[:])
	item := Item{Commitment: c.String(), Salt: strict.B64(salt[:]), Size: int64(len(text)), SHA256: strict.B64(sum[:]), Tree: strict.B64(tree[:]), Media: "image/jpeg", Name: "证据.jpg"}
	for name, change := range map[string]func(*Item){
		"":                          func(*Item) {},
		"no name":                   func(i *Item) { i.Name = "" },
		"a path":                    func(i *Item) { i.Name = "../../etc/passwd" },
		"a line":                    func(i *Item) { i.Name = "a.jpg\nb" },
		"an escape of the terminal": func(i *Item) { i.Name = "\x1b[2Ja.jpg" },
		"a reversed name":           func(i *Item) { i.Name = "a\u202egpj.exe" },
		"a long name":               func(i *Item) { i.Name = strings.Repeat("证", 100) },
		"values of a record":        func(i *Item) { i.Media = public.MediaFields },
	} {
		unfit := item
		change(&unfit)
		data, err := (&List{V: listVersion, Items: []Item{unfit}}).marshal()
		if err != nil {
			t.Fatal(err)
		}
		offered := statement.OfferBody{Items: []statement.OfferItem{{Commitment: unfit.Commitment, Size: unfit.Size, Media: unfit.Media}}}
		_, err = parseList(data, offered)
		if fine := name == "" || name == "no name"; fine != (err == nil) || !fine && !errors.Is(err, errList) {
			t.Errorf("%s: %v", name, err)
		}
	}

	w := newWorld(t)
	beijing, hebei := w.nodes[solo.Beijing], w.nodes[solo.Hebei]
	o, err := beijing.vault.Put(t.Context(), vault.Meta{Name: "../a.jpg", Org: "110000-SJ"}, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := w.ends(beijing.offers([]string{o.Commitment.String()})); got != ledger.OfferDisputed {
		t.Errorf("it ended as %s", got)
	}
	if _, err := hebei.reads(o.Commitment.String()); !errors.Is(err, vault.ErrNotFound) {
		t.Errorf("the object is there: %v", err)
	}
	values, err := beijing.vault.Put(t.Context(), vault.Meta{MediaType: public.MediaFields, Org: "110000-SJ"}, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := beijing.Make(t.Context(), Draft{To: "130000-SJ", Materials: []string{values.Commitment.String()}}); !errors.Is(err, public.ErrNoMaterial) {
		t.Errorf("values of a record are offered: %v", err)
	}
}

// Ensure a peer that gives something else again and again fills no disk: of so many
// disputes the bytes are kept, of the others the digest stands on the ledger.
func TestDisputesBounded(t *testing.T) {
	w := newWorld(t)
	hebei := w.nodes[solo.Hebei]
	wrong := func(i int, region string) string {
		t.Helper()
		ref := Ref{Region: region, ID: statement.NewID(w.net.Clock(), entropy{})}
		m := differs(statement.DisputeChunk, 0, 0, content(100, uint64(i)))
		first, err := hebei.keepEvidence(t.Context(), ref, m)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := hebei.keepEvidence(t.Context(), ref, m); err != nil || again != first {
			t.Errorf("tried again: %q, first %q, %v", again, first, err)
		}
		return first
	}
	for i := range maxDisputes + 5 {
		if kept := wrong(i, solo.Beijing); (kept != "") != (i < maxDisputes) {
			t.Errorf("dispute %d: evidence %q", i, kept)
		}
	}
	if wrong(1000, solo.Tianjin) == "" {
		t.Error("another region's is not kept")
	}
	if u := hebei.vault.Usage(); u.Objects != maxDisputes+1 {
		t.Errorf("%+v", u)
	}
}

// Ensure faults on the way only delay: peers that are silent, break off, or give one
// wrong chunk once.
func TestFaultsDelay(t *testing.T) {
	w := newWorld(t)
	beijing, hebei := w.nodes[solo.Beijing], w.nodes[solo.Hebei]
	var calls atomic.Int64
	w.mu.Lock()
	w.tamper = func(what string, _ int, chunk int64, data []byte) ([]byte, error) {
		switch n := calls.Add(1); {
		case n%3 == 0:
			return nil, errors.New("the connection broke")
		case n == 7 && what == "chunk":
			data = bytes.Clone(data)
			data[0] ^= 1
		}
		return data, nil
	}
	w.mu.Unlock()
	object := content(6*vault.ChunkSize, 1)
	list := beijing.put(object)
	if got := w.ends(beijing.offers(list)); got != ledger.OfferReceived {
		t.Fatalf("it ended as %s", got)
	}
	hebei.has(list, object)
}

// Ensure a transfer goes on after power cuts on either side at any chunk, to one
// receipt and equal bytes.
func TestRestarts(t *testing.T) {
	w := newWorld(t)
	beijing, hebei := w.nodes[solo.Beijing], w.nodes[solo.Hebei]
	object := content(12*vault.ChunkSize+1, 1)
	list := beijing.put(object)
	var given atomic.Int64
	gate := make(chan struct{})
	w.mu.Lock()
	w.tamper = func(what string, _ int, _ int64, data []byte) ([]byte, error) {
		if what == "chunk" && given.Add(1)%5 == 0 {
			select {
			case gate <- struct{}{}:
			case <-time.After(20 * time.Millisecond):
			}
			return nil, errors.New("power cut")
		}
		return data, nil
	}
	w.mu.Unlock()
	ref := beijing.offers(list)
	for range 3 {
		<-gate
		hebei.restart()
	}
	if got := w.ends(ref); got != ledger.OfferReceived {
		t.Fatalf("it ended as %s", got)
	}
	hebei.restart() // perhaps between the receipt and the admission
	hebei.has(list, object)
	if u := hebei.vault.Usage(); u.Objects != 2 || u.Bytes < int64(len(object)) {
		t.Errorf("%+v", u)
	}
}

// Ensure an offer whose time has passed is withdrawn by its owner's node and leaves
// nothing with the recipient.
func TestExpires(t *testing.T) {
	w := newWorld(t)
	beijing, hebei := w.nodes[solo.Beijing], w.nodes[solo.Hebei]
	w.mu.Lock()
	w.tamper = func(what string, _ int, chunk int64, data []byte) ([]byte, error) {
		if what == "chunk" && chunk > 0 {
			return nil, errors.New("silence")
		}
		return data, nil
	}
	w.mu.Unlock()
	list := beijing.put(content(2*vault.ChunkSize, 1))
	ref := beijing.offers(list)
	w.until("the first chunk is there", func() bool { p, _ := hebei.Progress(ref); return p.Bytes == vault.ChunkSize })
	w.net.Pass(2 * time.Hour)
	if got := w.ends(ref); got != ledger.OfferWithdrawn {
		t.Fatalf("it ended as %s", got)
	}
	w.until("nothing is left", func() bool { return hebei.vault.Usage().Objects == 1 && hebei.vault.Usage().Bytes < vault.ChunkSize })
}

// Ensure what is offered is not purged, object or list, until the offer has ended or
// expired, nor while it is being made and the ledger has not answered.
func TestOfferedIsKept(t *testing.T) {
	w := newWorld(t)
	beijing := w.nodes[solo.Beijing]
	w.mu.Lock()
	silent := true
	w.tamper = func(_ string, _ int, _ int64, data []byte) ([]byte, error) {
		if silent {
			return nil, errors.New("silence")
		}
		return data, nil
	}
	w.mu.Unlock()
	list := beijing.put(content(100, 1), content(100, 2))
	other := beijing.put(content(100, 3))[0]
	ref := beijing.offers(list)
	purge := func(object string) error {
		t.Helper()
		c, err := commitment.Parse(object)
		if err != nil {
			t.Fatal(err)
		}
		if err := beijing.vault.Retain(t.Context(), c, "none", time.Unix(0, 0)); err != nil && !errors.Is(err, vault.ErrPurged) {
			t.Fatal(err)
		}
		return beijing.Purge(t.Context(), c, "done")
	}
	for _, object := range []string{list[0], list[1], w.offer(ref).Root} {
		var by *public.Offered
		if err := purge(object); !errors.As(err, &by) || by.ID != ref.ID || by.To != solo.Hebei+"-SJ" {
			t.Errorf("%s of an offer that stands: %v", object, err)
		}
	}
	if err := purge(other); err != nil {
		t.Errorf("an object that nobody is offered: %v", err)
	}
	w.mu.Lock()
	silent = false
	w.mu.Unlock()
	if got := w.ends(ref); got != ledger.OfferReceived {
		t.Fatalf("it ended as %s", got)
	}
	if err := purge(list[0]); err != nil {
		t.Errorf("after it was fetched: %v", err)
	}
	if _, _, err := beijing.Make(t.Context(), beijing.draft(list[:1])); !errors.Is(err, public.ErrNoMaterial) {
		t.Errorf("what was purged is offered: %v", err)
	}

	// Nothing was written, so nothing is kept for it.
	notes := func() (n int) {
		_ = beijing.local.Scan(lateLocalKey(localPledge, ""), lateLocalKey(localPledge+1, ""), false, func(_, _ []byte) (bool, error) { n++; return true, nil })
		return n
	}
	w.net.Ledger.Break(solo.NoLeader())
	if _, _, err := beijing.Make(t.Context(), beijing.draft(list[1:])); err == nil || notes() != 0 {
		t.Errorf("without a majority: %v, %d notes", err, notes())
	}
	// The ledger does not answer: it may take the offer later.
	w.net.Ledger.Break(&solo.Fault{Submit: func([]byte) error { return errors.New("the answer was lost") }})
	draft := beijing.draft(list[1:])
	if receipt, _, err := beijing.Make(t.Context(), draft); err != nil || !receipt.Pending {
		t.Fatalf("%+v, %v", receipt, err)
	}
	var by *public.Offered
	if err := purge(list[1]); !errors.As(err, &by) || by.ID != draft.ID {
		t.Errorf("while it is being made: %v", err)
	}
	w.net.Ledger.Break(nil)
	w.net.Pass(2 * time.Hour) // it has expired before anybody came
	if err := purge(list[1]); err != nil {
		t.Errorf("after its time: %v", err)
	}
	if notes() != 0 {
		t.Errorf("%d notes are left", notes())
	}
}

// Ensure bulk keeps to its rate while statements are committed, and to none while
// they are not.
func TestPace(t *testing.T) {
	p := newPace(1 << 20)
	begin := time.Now()
	for range 100 {
		if err := p.wait(context.Background(), 1<<20); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(begin); took > time.Second {
		t.Errorf("idle: 100 MiB took %s", took)
	}
	p.statements(1)
	begin = time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := p.wait(ctx, 100<<10); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took < 90*time.Millisecond {
		t.Errorf("busy: 100 KiB at 1 MiB/s took %s", took)
	}
	begin = time.Now()
	if err := p.wait(ctx, 100<<20); err != nil { // 100 s at this rate, but the statements have ended
		t.Fatal(err)
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("after the statements: %s", took)
	}
}
