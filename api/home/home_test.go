package home_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"sandi.internal/gateway/api/home"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/storage/commitment"
)

// peer answers as it is told.
type peer struct {
	objects []home.Object
	err     error
	asked   int
}

func (p *peer) Ask(context.Context, string, home.Question) ([]home.Object, error) {
	p.asked++
	return p.objects, p.err
}

var memo = &ledger.Law{Document: &procedure.Document{
	Fields:  []procedure.Field{{Name: "note", See: procedure.SeeClear}, {Name: "phone", See: procedure.SeeHome}, {Name: "secret", See: procedure.SeeCommit}},
	Private: &procedure.Private{Read: []string{"liaison"}},
}}

var reader = home.Person{Region: solo.Hebei, Person: "p", Org: "130000-SJ", Role: "liaison"}

// Ensure values are given only once the log has them.
func TestNothingUnlogged(t *testing.T) {
	vault := solo.NewVault()
	kept, err := vault.Keep(t.Context(), "p", "130000-SJ", []byte(`{"phone":"1"}`))
	if err != nil {
		t.Fatal(err)
	}
	rec := &procedure.Record{ID: "EX-130000-2025-000001", Home: map[string]string{"phone": kept}}
	full := fmt.Errorf("%w: the disk is full", access.ErrClosed)
	for name, log := range map[string]*solo.Looks{"works": {}, "full": {Err: full}} {
		h := home.New(home.Config{Region: solo.Hebei, Vault: vault, Access: log})
		list, err := h.Own(t.Context(), memo, rec, reader)
		if (err == nil) != (name == "works") || err == nil && (len(list) != 1 || string(list[0].Value) != `"1"`) || err != nil && (list != nil || !errors.Is(err, full)) {
			t.Errorf("%s: %+v, %v", name, list, err)
		}
		p := &peer{objects: []home.Object{}}
		h = home.New(home.Config{Region: solo.Tianjin, Nodes: func(string) []string { return []string{"130000-a"} }, Vault: vault, Peers: p, Access: log})
		if list, err := h.Fetch(t.Context(), memo, rec, "MA-120000-2025-000001", reader); (err == nil) != (name == "works") || err != nil && list != nil {
			t.Errorf("%s: fetched %+v, %v", name, list, err)
		}
		for why, err := range map[string]error{"refused": home.ErrNotReleased, "silent": errors.New("no route")} {
			p.err = err
			if _, err := h.Fetch(t.Context(), memo, rec, "MA-120000-2025-000001", reader); errors.Is(err, access.ErrClosed) != (name == "full") {
				t.Errorf("%s, %s: %v", name, why, err)
			}
		}
	}
}

// Ensure what another region gives counts only when it is what that region
// committed to, and that its refusal is told from its silence.
func TestFetchVerifies(t *testing.T) {
	right, salt := commitment.New([]byte(`{"phone":"1"}`))
	rec := &procedure.Record{ID: "EX-120000-2025-000001", Owner: solo.Tianjin, Home: map[string]string{"phone": right.String()}}
	opened := func(content string) []home.Object {
		return []home.Object{{Commitment: right.String(), Salt: salt[:], Content: []byte(content)}}
	}
	p, log := &peer{}, &solo.Looks{}
	h := home.New(home.Config{
		Region: solo.Hebei, Nodes: func(string) []string { return []string{"120000-a", "120000-b"} }, Vault: solo.NewVault(), Peers: p, Access: log,
	})
	fetch := func() ([]home.Value, error) {
		return h.Fetch(t.Context(), memo, rec, "MA-110000-2025-000001", reader)
	}
	p.objects = opened(`{"phone":"1"}`)
	if list, err := fetch(); err != nil || len(list) != 1 || string(list[0].Value) != `"1"` || p.asked != 1 {
		t.Errorf("%+v, %v, asked %d times", list, err, p.asked)
	}
	p.objects = opened(`{"phone":"2"}`)
	if list, err := fetch(); !errors.Is(err, commitment.ErrMismatch) {
		t.Errorf("another value: %+v, %v", list, err)
	}
	p.objects = nil
	if list, err := fetch(); err != nil || list[0].Value != nil {
		t.Errorf("purged there: %+v, %v", list, err)
	}
	p.err, p.asked = home.ErrNotReleased, 0
	if _, err := fetch(); !errors.Is(err, home.ErrNotReleased) || p.asked != 1 {
		t.Errorf("refused: %v, asked %d times", err, p.asked)
	}
	p.err, p.asked = errors.New("no route"), 0
	if _, err := fetch(); !errors.Is(err, home.ErrSilent) || p.asked != 2 {
		t.Errorf("silent: %v, asked %d times", err, p.asked)
	}
	var got []string
	for _, e := range log.Entries {
		got = append(got, fmt.Sprint(e.Action, e.What, e.Reason))
	}
	if want := []string{"asked[phone]", "failed[]not_as_committed", "asked[]", "denied[]not_released", "failed[]peer_silent"}; !slices.Equal(got, want) {
		t.Errorf("log %q, want %q", got, want)
	}
}

// Ensure a committed value is read whole, and one that several acts have stated
// comes from the last.
func TestOwnValues(t *testing.T) {
	vault := solo.NewVault()
	keep := func(content string) string {
		id, err := vault.Keep(t.Context(), "p", "130000-SJ", []byte(content))
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	rec := &procedure.Record{
		ID: "EX-130000-2025-000001", Home: map[string]string{"phone": keep(`{"phone":"2","other":"x"}`)},
		Commits: map[string]string{"secret": keep(`{"a":1}`)},
	}
	h := home.New(home.Config{Region: solo.Hebei, Vault: vault, Access: &solo.Looks{}})
	list, err := h.Own(t.Context(), memo, rec, reader)
	if err != nil || len(list) != 2 || string(list[0].Value) != `"2"` || string(list[1].Value) != `{"a":1}` || !json.Valid(list[1].Value) {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := h.Own(t.Context(), memo, rec, home.Person{Region: solo.Tianjin, Role: "liaison"}); !errors.Is(err, home.ErrNotReleased) {
		t.Errorf("another region reads at home: %v", err)
	}
}
