package node

import (
	"fmt"
	"slices"
	"testing"

	"sandi.internal/gateway/consensus/ledger"
)

func pinged(a *agenda) bool {
	select {
	case <-a.news:
		return true
	default:
		return false
	}
}

// Ensure a new agenda knows nothing, and from then on what was applied.
func TestAgenda(t *testing.T) {
	a := newAgenda()
	if records, stock := a.take(); len(records) != 0 || !stock {
		t.Fatalf("a new agenda: %v %v", records, stock)
	}
	a.applied([]ledger.Result{{Record: "MI-110000-2025-000001"}, {}})
	if records, stock := a.take(); len(records) != 0 || stock || pinged(a) {
		t.Fatalf("nothing automatic: %v %v", records, stock)
	}
	a.applied([]ledger.Result{{Record: "one", Automatic: true}, {Record: "two"}, {Record: "three", Automatic: true}})
	a.applied([]ledger.Result{{Record: "one", Automatic: true}})
	records, stock := a.take()
	slices.Sort(records)
	if !slices.Equal(records, []string{"one", "three"}) || stock || !pinged(a) || pinged(a) {
		t.Fatalf("took %v %v", records, stock)
	}
	a.keep("two")
	if records, stock := a.take(); !slices.Equal(records, []string{"two"}) || stock || pinged(a) {
		t.Fatalf("what is kept waits for the tick: %v %v", records, stock)
	}
	a.applied(nil)
	if records, stock := a.take(); len(records) != 0 || !stock || !pinged(a) {
		t.Fatalf("after a restore: %v %v", records, stock)
	}
}

// Ensure an agenda that is full forgets all of it, says so once, and goes on.
func TestAgendaOverflow(t *testing.T) {
	a := newAgenda()
	a.take()
	for i := range agendaMax {
		a.keep(fmt.Sprint(i))
		a.keep(fmt.Sprint(i)) // twice is once
	}
	if len(a.records) != agendaMax || a.stock {
		t.Fatalf("%d records, stock %v", len(a.records), a.stock)
	}
	a.applied([]ledger.Result{{Record: "one more", Automatic: true}})
	a.keep("and one")
	if len(a.records) != 0 {
		t.Fatalf("%d records although all have to be looked at", len(a.records))
	}
	if records, stock := a.take(); len(records) != 0 || !stock {
		t.Fatalf("took %v %v", records, stock)
	}
	a.keep("next")
	if records, stock := a.take(); !slices.Equal(records, []string{"next"}) || stock {
		t.Fatalf("took %v %v", records, stock)
	}
}
