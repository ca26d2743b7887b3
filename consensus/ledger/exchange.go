package ledger

import (
	"encoding/binary"
	"slices"

	"sandi.internal/gateway/consensus/statement"
)

// maxOpenOffers bounds the open offers of one region: what waits to be fetched is
// looked through on every start of a node.
const maxOpenOffers = 4096

// Sets of marks by which the law asks whether materials are there. Their keys are
// DeliveryKey; a mark's value names the offer. A guard of a law document that wants
// delivered materials refuses while the first mark stands without the second.
const (
	MarkOffered   = "materials_offered"   // an offer of this list was made; for ever
	MarkDelivered = "materials_delivered" // its recipient signed the receipt
)

// DeliveryKey names a list of materials (its commitment) that was offered for a
// record to a region.
func DeliveryKey(record, root, region string) string { return record + "/" + root + "/" + region }

// OfferState is where an offer stands.
type OfferState string

// The states of an offer. All but open are final.
const (
	OfferOpen      OfferState = "open"
	OfferReceived  OfferState = "fulfilled"
	OfferWithdrawn OfferState = "called_off"
	OfferDisputed  OfferState = "contested"
)

var offerStates = [...]OfferState{OfferOpen, OfferReceived, OfferWithdrawn, OfferDisputed}

// Offer is what the ledger knows of private objects that one region offers to
// another. Their commitments, sizes and purpose stand in its statement.
type Offer struct {
	Region, ID string // that made it, and its statement
	To         string // organisation
	ToRegion   string
	Record     string // that it is for; may be empty
	Root       string // commitment of the list of materials
	Items      int
	Bytes      int64
	Expires    int64  // unix s
	Leaf       uint64 // of its statement
	State      OfferState
	Ended      uint64 // leaf of the statement that ended it; 0 while open
}

// offer judges exchange.offer.
func (l *Ledger) offer(r Reader, st *statement.Statement, now int64) (decision, *Refusal, error) {
	body, err := statement.ParseOffer(st.Body)
	if err != nil {
		return decision{}, malformed(err), nil
	}
	o := &Offer{
		Region: st.Region, ID: st.ID, To: body.To, ToRegion: l.orgs[body.To], Record: body.Record, Root: body.Root,
		Items: len(body.Items), Expires: body.Expires, Leaf: l.tree.Size(), State: OfferOpen,
	}
	for _, item := range body.Items {
		o.Bytes += item.Size
	}
	const day = 86400
	switch {
	case o.ToRegion == "" || o.ToRegion == st.Region:
		return decision{}, refuse(CodeOfferTo, "org", body.To), nil
	case o.Expires*1000 <= now || o.Expires > now/1000+statement.MaxOfferDays*day:
		return decision{}, refuse(CodeOfferTime, "expires", statement.FormatAt(o.Expires), "now", statement.FormatAt(now/1000)), nil
	}
	if refusal, err := l.offerRecord(r, st.Region, o.Record); refusal != nil || err != nil {
		return decision{}, refusal, err
	}
	open, count, err := openOffers(r, st.Region, 1)
	if err != nil {
		return decision{}, nil, err
	}
	if open > maxOpenOffers {
		return decision{}, refuse(CodeFull, "what", "offers"), nil
	}
	d := decision{offered: true, changes: []change{
		{key: offerKey(o.Region, o.ID), after: o.row()}, {key: waitingOfferKey(o), after: []byte{rowVersion}}, count,
	}}
	return d, nil, l.markDelivery(r, &d, o, MarkOffered)
}

// offerRecord: materials are offered for a record by a region that takes part in
// it. Whom they are for may become a party only with the letter that follows.
func (l *Ledger) offerRecord(r Reader, region, id string) (*Refusal, error) {
	if id == "" {
		return nil, nil
	}
	e, err := l.entry(r, id)
	if err != nil {
		return nil, err
	}
	if e == nil || !slices.Contains(e.record.Regions(), region) {
		return refuse(CodeRecord, "record", id), nil
	}
	return nil, nil
}

// markDelivery sets a mark that the law may ask for.
func (l *Ledger) markDelivery(r Reader, d *decision, o *Offer, set string) error {
	if o.Record == "" {
		return nil
	}
	key := markKey(set, DeliveryKey(o.Record, o.Root, o.ToRegion))
	before, err := r.Get(key)
	if err != nil {
		return err
	}
	d.changes = append(d.changes, change{key: key, before: before, after: []byte(o.Region + "/" + o.ID)})
	d.touched = []string{o.Record}
	return nil
}

// withdraw judges exchange.withdraw: an offer that nobody has received ends.
func (l *Ledger) withdraw(r Reader, st *statement.Statement, now int64) (decision, *Refusal, error) {
	body, err := statement.ParseWithdraw(st.Body)
	if err != nil {
		return decision{}, malformed(err), nil
	}
	o, refusal, err := openOffer(r, st.Region, body.Offer)
	if refusal != nil || err != nil {
		return decision{}, refusal, err
	}
	if body.Reason == statement.WithdrawExpired && now <= o.Expires*1000 {
		return decision{}, refuse(CodeOfferTime, "expires", statement.FormatAt(o.Expires), "now", statement.FormatAt(now/1000)), nil
	}
	d, err := l.end(r, o, OfferWithdrawn)
	return d, nil, err
}

// receipt judges exchange.receipt: the recipient's own region says that it has all
// that was offered, once. The clocks of the law start at its signed time.
func (l *Ledger) receipt(r Reader, st *statement.Statement, now int64) (decision, *Refusal, error) {
	body, err := statement.ParseReceipt(st.Body)
	if err != nil {
		return decision{}, malformed(err), nil
	}
	o, refusal, err := openOffer(r, body.Region, body.Offer)
	if refusal != nil || err != nil {
		return decision{}, refusal, err
	}
	switch {
	case o.ToRegion != st.Region:
		return decision{}, refuse(CodeOffer, "offer", body.Offer), nil
	case body.Root != o.Root:
		return decision{}, refuse(CodeOfferRoot, "offer", body.Offer), nil
	case now > o.Expires*1000:
		return decision{}, refuse(CodeOfferTime, "expires", statement.FormatAt(o.Expires), "now", statement.FormatAt(now/1000)), nil
	}
	d, err := l.end(r, o, OfferReceived)
	if err != nil {
		return decision{}, nil, err
	}
	return d, nil, l.markDelivery(r, &d, o, MarkDelivered)
}

// dispute judges exchange.dispute: the recipient was given something else.
func (l *Ledger) dispute(r Reader, st *statement.Statement) (decision, *Refusal, error) {
	body, err := statement.ParseDispute(st.Body)
	if err != nil {
		return decision{}, malformed(err), nil
	}
	o, refusal, err := openOffer(r, body.Region, body.Offer)
	if refusal != nil || err != nil {
		return decision{}, refusal, err
	}
	if o.ToRegion != st.Region || body.Item >= o.Items {
		return decision{}, refuse(CodeOffer, "offer", body.Offer), nil
	}
	d, err := l.end(r, o, OfferDisputed)
	return d, nil, err
}

// end closes an open offer.
func (l *Ledger) end(r Reader, o *Offer, state OfferState) (decision, error) {
	before := o.row()
	_, count, err := openOffers(r, o.Region, -1)
	if err != nil {
		return decision{}, err
	}
	o.State, o.Ended = state, l.tree.Size()
	return decision{offered: true, changes: []change{
		{key: offerKey(o.Region, o.ID), before: before, after: o.row()}, {key: waitingOfferKey(o), before: []byte{rowVersion}}, count,
	}}, nil
}

// openOffer finds an offer that has not ended.
func openOffer(r Reader, region, id string) (*Offer, *Refusal, error) {
	o, err := readOffer(r, region, id)
	switch {
	case err != nil:
		return nil, nil, err
	case o == nil:
		return nil, refuse(CodeOffer, "offer", id), nil
	case o.State != OfferOpen:
		return nil, refuse(CodeOfferEnded, "offer", id, "state", string(o.State)), nil
	}
	return o, nil, nil
}

// openOffers is how many offers of a region are open after one more or one less,
// and the change that says so.
func openOffers(r Reader, region string, more int) (int, change, error) {
	return count(r, openOffersKey(region), more, "a count of offers")
}

func (o *Offer) row() []byte {
	row := []byte{rowVersion}
	for _, s := range [...]string{o.Region, o.ID, o.To, o.ToRegion, o.Record, o.Root, string(o.State)} {
		row = appendText(row, s)
	}
	for _, n := range [...]uint64{uint64(o.Items), uint64(o.Bytes), uint64(o.Expires), o.Leaf, o.Ended} {
		row = binary.AppendUvarint(row, n)
	}
	return row
}

func parseOffer(row []byte) (*Offer, error) {
	d := newDecoder(row)
	o := &Offer{Region: d.text(), ID: d.text(), To: d.text(), ToRegion: d.text(), Record: d.text(), Root: d.text(), State: OfferState(d.text())}
	o.Items, o.Bytes, o.Expires, o.Leaf, o.Ended = int(d.uvarint()), int64(d.uvarint()), int64(d.uvarint()), d.uvarint(), d.uvarint()
	if !slices.Contains(offerStates[:], o.State) {
		d.bad = true
	}
	return o, d.done("an offer")
}

// readOffer reads an offer, nil when there is none.
func readOffer(r Reader, region, id string) (*Offer, error) {
	row, err := r.Get(offerKey(region, id))
	if err != nil || row == nil {
		return nil, err
	}
	return parseOffer(row)
}
