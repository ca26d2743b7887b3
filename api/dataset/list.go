package dataset

import (
	"errors"

	"sandi.internal/gateway/consensus/dataset"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/storage/tables"
)

// Shown is a data set with what this node keeps of it.
type Shown struct {
	*dataset.Entry
	Record *procedure.Record
	Head   *tables.Head // nil: no rows here
}

// Terms is an agreement as it stands.
type Terms struct {
	*dataset.Agreement
	Record  *procedure.Record
	Entry   *dataset.Entry   // the data set; nil when the agreement names none
	Refusal *dataset.Refusal // why nothing is given under it now; nil: it is
}

// Set is one data set that this region may see; nil when there is none.
func (d *Sets) Set(books *ledger.Books, id string) (*Shown, error) {
	e, rec, err := entry(books, id, d.cfg.Region)
	if err != nil || e == nil {
		return nil, err
	}
	s := &Shown{Entry: e, Record: rec}
	if s.Head, err = d.cfg.Tables.Head(id); err != nil && !errors.Is(err, tables.ErrNone) {
		return nil, err
	}
	return s, nil
}

// Agreement is one agreement that this region is a party to; nil when there is none.
func (d *Sets) Agreement(books *ledger.Books, id string) (*Terms, error) {
	rec, law, err := lawful(books, id, d.cfg.Region)
	if err != nil || rec == nil {
		return nil, err
	}
	a, err := dataset.ReadAgreement(law, rec)
	if errors.Is(err, dataset.ErrNotShared) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	t := &Terms{Agreement: a, Record: rec}
	now, err := d.now(books)
	if err != nil {
		return nil, err
	}
	t.Entry, err = about(books, a)
	if err == nil {
		_, err = dataset.Under(a, t.Entry, now)
	}
	if err != nil && !errors.As(err, &t.Refusal) {
		return nil, err
	}
	return t, nil
}
