package statement

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

const (
	someRoot  = "sc1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	otherRoot = "sc1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"
	someOffer = "01J9ZZZZZZZZZZZZZZZZZZZZZZ"
)

// Ensure the four bodies of an exchange are read as they were written.
func TestExchangeBodies(t *testing.T) {
	offer := OfferBody{
		To: "130000-SJ", Record: "CT-120000-2025-000018", Root: someRoot, Purpose: "查处案件", Basis: "程序规定 第14条", Expires: 1_763_000_000,
		Items: []OfferItem{{otherRoot, 1, "application/pdf"}, {someRoot, MaxOfferSize, "image/jpeg"}},
	}
	if got, err := ParseOffer(offer.Marshal()); err != nil || !reflect.DeepEqual(got, offer) {
		t.Errorf("offer: %+v, %v", got, err)
	}
	offer.Record = ""
	if got, err := ParseOffer(offer.Marshal()); err != nil || got.Record != "" {
		t.Errorf("offer without a record: %+v, %v", got, err)
	}
	receipt := ReceiptBody{Region: "120000", Offer: someOffer, Root: someRoot}
	if got, err := ParseReceipt(receipt.Marshal()); err != nil || got != receipt {
		t.Errorf("receipt: %+v, %v", got, err)
	}
	withdraw := WithdrawBody{Offer: someOffer, Reason: "mistake"}
	if got, err := ParseWithdraw(withdraw.Marshal()); err != nil || got != withdraw {
		t.Errorf("withdraw: %+v, %v", got, err)
	}
	dispute := DisputeBody{Region: "120000", Offer: someOffer, Reason: DisputeChunk, Item: 3, Chunk: 4095, Got: someRoot[4:], Evidence: otherRoot}
	if got, err := ParseDispute(dispute.Marshal()); err != nil || got != dispute {
		t.Errorf("dispute: %+v, %v", got, err)
	}
}

// Ensure each wrong member of an offer is refused by its code.
func TestOfferForm(t *testing.T) {
	text := string(OfferBody{
		To: "130000-SJ", Record: "CT-120000-2025-000018", Root: someRoot, Purpose: "p", Basis: "b", Expires: 1,
		Items: []OfferItem{{otherRoot, 1, "application/pdf"}},
	}.Marshal())
	item := `{"commitment":"` + otherRoot + `","size":1,"media":"application/pdf"}`
	for _, tc := range []struct {
		name, old, new string
		want           Code
	}{
		{"no recipient", `"to":"130000-SJ",`, ``, CodeMissing},
		{"a region as recipient", `"130000-SJ"`, `"130000"`, CodeForm},
		{"no items", `[` + item + `]`, `[]`, CodeForm},
		{"an item twice", item, item + "," + item, CodeForm},
		{"an item without size", `,"size":1`, ``, CodeMissing},
		{"an empty item", `"size":1`, `"size":0`, CodeForm},
		{"an item beyond all sizes", `"size":1`, `"size":1099511627777`, CodeForm},
		{"media with parameters", `application/pdf`, `text/html; charset=utf-8`, CodeForm},
		{"media without a subtype", `application/pdf`, `application`, CodeForm},
		{"an item with a name", `"size":1`, `"name":"x","size":1`, CodeUnknown},
		{"a purpose with an escape", `"purpose":"p"`, `"purpose":"p\n"`, CodeForm},
		{"an empty basis", `"basis":"b"`, `"basis":""`, CodeForm},
		{"a purpose that runs backwards", `"purpose":"p"`, "\"purpose\":\"p\u202e\"", CodeCharacter},
		{"a long basis", `"basis":"b"`, `"basis":"` + strings.Repeat("b", 301) + `"`, CodeForm},
		{"no time", `"expires":1`, `"expires":0`, CodeForm},
		{"another member", `{"to"`, `{"salt":"x","to"`, CodeUnknown},
	} {
		changed := strings.Replace(text, tc.old, tc.new, 1)
		if changed == text {
			t.Fatalf("%s: nothing to change", tc.name)
		}
		var refusal *Error
		if _, err := ParseOffer([]byte(changed)); !errors.As(err, &refusal) || refusal.Code != tc.want {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
		}
	}
}

// Ensure the fullest offer fits a statement.
func TestOfferFits(t *testing.T) {
	b := OfferBody{To: "130000-SJ", Record: "CT-120000-2025-000018", Root: someRoot, Purpose: strings.Repeat("p", maxOfferText), Basis: strings.Repeat("b", maxOfferText), Expires: 1 << 40}
	for range MaxOfferItems {
		b.Items = append(b.Items, OfferItem{otherRoot, MaxOfferSize, "a/" + strings.Repeat("m", maxMedia-2)})
	}
	if n := len(b.Marshal()) * 4 / 3; n > MaxBytes-2048 {
		t.Fatalf("%d bytes of %d", n, MaxBytes)
	}
}
