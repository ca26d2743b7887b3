package ledger_test

import (
	"fmt"
	"testing"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/storage/commitment"
)

// commit makes a commitment from a number.
func commitTo(n int) string {
	return commitment.Compute(commitment.Salt{byte(n), byte(n >> 8)}, 1, [32]byte{}).String()
}

// offering is the body of an offer from Beijing to Hebei.
func (w *world) offering(record string) statement.OfferBody {
	return statement.OfferBody{
		To: "130000-SJ", Record: record, Root: commitTo(1), Purpose: "查处案件", Basis: "程序规定 第14条", Expires: w.now + 3600,
		Items: []statement.OfferItem{{Commitment: commitTo(2), Size: 10, Media: "application/pdf"}, {Commitment: commitTo(3), Size: 5, Media: "image/jpeg"}},
	}
}

// exchange signs a statement about an offer.
func (w *world) exchange(region, kind string, body []byte) (raw []byte, id string) {
	w.t.Helper()
	p := w.payload(region, kind, statement.RoleNode, body)
	return w.sign(w.keys[region], p), p.ID
}

func (w *world) receiptOf(region, offer string) []byte {
	raw, _ := w.exchange(region, statement.KindReceipt, statement.ReceiptBody{Region: beijing, Offer: offer, Root: commitTo(1)}.Marshal())
	return raw
}

func (w *world) withdrawal(region, offer, reason string) []byte {
	raw, _ := w.exchange(region, statement.KindWithdraw, statement.WithdrawBody{Offer: offer, Reason: reason}.Marshal())
	return raw
}

func (w *world) disputed(region, offer string, item int) []byte {
	body := statement.DisputeBody{Region: beijing, Offer: offer, Reason: statement.DisputeChunk, Item: item, Got: commitTo(4)[4:]}
	raw, _ := w.exchange(region, statement.KindDispute, body.Marshal())
	return raw
}

// offered has Beijing offer materials for a record.
func (r *replica) offered(record string) (id string) {
	r.w.t.Helper()
	raw, id := r.w.exchange(beijing, statement.KindOffer, r.w.offering(record).Marshal())
	if res := r.commit(raw); !res.Offered {
		r.w.t.Fatalf("%+v", res)
	}
	return id
}

func (r *replica) offer(id string) *ledger.Offer {
	r.w.t.Helper()
	o, err := r.books().Offer(beijing, id)
	if err != nil || o == nil {
		r.w.t.Fatalf("offer %s: %v, %v", id, o, err)
	}
	return o
}

func (r *replica) waitingOffers(region string) int {
	r.w.t.Helper()
	list, err := r.books().WaitingOffers(region)
	if err != nil {
		r.w.t.Fatal(err)
	}
	return len(list)
}

// Ensure an offer is received once, by its recipient, and that the record that may
// have waited for it is named.
func TestOfferReceived(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	record, _ := r.handover("A-1")
	id := r.offered(record)
	o := r.offer(id)
	if o.State != ledger.OfferOpen || o.Bytes != 15 || o.Items != 2 || o.ToRegion != hebei || r.waitingOffers(hebei) != 1 || r.waitingOffers(tianjin) != 0 {
		t.Fatalf("%+v", o)
	}
	if body, err := r.books().OfferBody(o); err != nil || body.Purpose != "查处案件" || len(body.Items) != 2 {
		t.Fatalf("%+v, %v", body, err)
	}
	if code := r.refused(w.receiptOf(tianjin, id)); code != ledger.CodeOffer {
		t.Errorf("a third region's receipt: %s", code)
	}
	if code := r.refused(w.receiptOf(beijing, id)); code != ledger.CodeOffer {
		t.Errorf("the owner's receipt: %s", code)
	}
	raw, _ := w.exchange(hebei, statement.KindReceipt, statement.ReceiptBody{Region: beijing, Offer: id, Root: commitTo(9)}.Marshal())
	if code := r.refused(raw); code != ledger.CodeOfferRoot {
		t.Errorf("a receipt of something else: %s", code)
	}
	res := r.commit(w.receiptOf(hebei, id))
	if !res.Offered || len(res.Touched) != 1 || res.Touched[0] != record {
		t.Errorf("%+v", res)
	}
	o = r.offer(id)
	if o.State != ledger.OfferReceived || o.Ended != res.Index || r.waitingOffers(hebei) != 0 {
		t.Errorf("%+v", o)
	}
	for name, raw := range map[string][]byte{
		"a second receipt": w.receiptOf(hebei, id), "a withdrawal": w.withdrawal(beijing, id, "mistake"), "a dispute": w.disputed(hebei, id, 0),
	} {
		if code := r.refused(raw); code != ledger.CodeOfferEnded {
			t.Errorf("%s: %s", name, code)
		}
	}
	r.check()
	r.rejudged()
	if r.restart().standing() != r.standing() {
		t.Error("a restart forgot something")
	}
}

// Ensure what cannot be offered is refused.
func TestOfferRefused(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	record, _ := r.handover("A-1")
	for _, tc := range []struct {
		name   string
		region string
		change func(*statement.OfferBody)
		want   ledger.Code
	}{
		{"to itself", beijing, func(b *statement.OfferBody) { b.To = "110000-SJ" }, ledger.CodeOfferTo},
		{"to a stranger", beijing, func(b *statement.OfferBody) { b.To = "990000-SJ" }, ledger.CodeOfferTo},
		{"already over", beijing, func(b *statement.OfferBody) { b.Expires = w.now }, ledger.CodeOfferTime},
		{"for two years", beijing, func(b *statement.OfferBody) { b.Expires = w.now + 2*366*86400 }, ledger.CodeOfferTime},
		{"for no record", beijing, func(b *statement.OfferBody) { b.Record = "HO-110000-2025-999999" }, ledger.CodeRecord},
		{"for a record of others", tianjin, func(*statement.OfferBody) {}, ledger.CodeRecord},
	} {
		body := w.offering(record)
		tc.change(&body)
		raw, _ := w.exchange(tc.region, statement.KindOffer, body.Marshal())
		if code := r.refused(raw); code != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, code, tc.want)
		}
	}
	r.check()
}

// Ensure an offer ends by its time, its owner or its recipient's dispute, and then
// for good.
func TestOfferEnds(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	first := r.offered("")
	if code := r.refused(w.withdrawal(beijing, first, statement.WithdrawExpired)); code != ledger.CodeOfferTime {
		t.Errorf("expired too early: %s", code)
	}
	if code := r.refused(w.withdrawal(hebei, first, "mistake")); code != ledger.CodeOffer {
		t.Errorf("withdrawn by another: %s", code)
	}
	r.commit(w.withdrawal(beijing, first, "mistake"))
	second := r.offered("")
	if code := r.refused(w.disputed(hebei, second, 2)); code != ledger.CodeOffer {
		t.Errorf("a dispute about an item that is none: %s", code)
	}
	if code := r.refused(w.disputed(tianjin, second, 0)); code != ledger.CodeOffer {
		t.Errorf("a third region's dispute: %s", code)
	}
	r.commit(w.disputed(hebei, second, 1))
	third := r.offered("")
	w.now += 3601
	if code := r.refused(w.receiptOf(hebei, third)); code != ledger.CodeOfferTime {
		t.Errorf("a receipt too late: %s", code)
	}
	r.commit(w.withdrawal(beijing, third, statement.WithdrawExpired))
	for id, want := range map[string]ledger.OfferState{first: ledger.OfferWithdrawn, second: ledger.OfferDisputed, third: ledger.OfferWithdrawn} {
		if got := r.offer(id).State; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if code := r.refused(w.receiptOf(hebei, id)); code != ledger.CodeOfferEnded {
			t.Errorf("received after its end: %s", code)
		}
	}
	if n := r.waitingOffers(hebei); n != 0 {
		t.Errorf("%d still wait", n)
	}
	r.check()
	r.rejudged()
}

// Ensure lists show a region's own offers page by page, the latest first.
func TestOffersListed(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	record, _ := r.handover("A-1")
	var ids []string
	for i := range 5 {
		ids = append(ids, r.offered([]string{"", record}[i%2]))
	}
	var got []string
	for f := (ledger.OfferFilter{Party: hebei, Limit: 2}); ; {
		page, next, err := r.books().Offers(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page {
			got = append(got, o.ID)
		}
		if f.After = next; next == "" {
			break
		}
	}
	if want := fmt.Sprint([]string{ids[4], ids[3], ids[2], ids[1], ids[0]}); fmt.Sprint(got) != want {
		t.Errorf("%v, want %v", got, want)
	}
	for f, want := range map[ledger.OfferFilter]int{
		{Party: tianjin, Limit: 9}: 0, {Record: record, Limit: 9}: 2, {State: ledger.OfferReceived, Limit: 9}: 0,
	} {
		if page, _, err := r.books().Offers(f); err != nil || len(page) != want {
			t.Errorf("%+v: %d, %v", f, len(page), err)
		}
	}
}
