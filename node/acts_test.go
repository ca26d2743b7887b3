package node

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/api/account"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/consensus/access"
)

// Ensure the head of the administrators' log gets into the access log whenever it has
// grown, once, as an entry of its form that names the digest over all lines.
func TestNoteActs(t *testing.T) {
	store, err := account.Open(t.TempDir()+"/accounts", func(string) bool { return true }, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	log, now := &solo.Looks{}, time.Now()
	a := &actsNoter{region: solo.Hebei, acts: store.Acts, log: log, now: func() time.Time { return now }}
	note := func(want int) {
		t.Helper()
		if err := a.note(t.Context()); err != nil || len(log.Entries) != want {
			t.Fatalf("%+v, %v", log.Entries, err)
		}
	}
	note(0) // nothing was done
	for i := range 3 {
		if err := store.Note(account.Host(), account.ActOperated, "", fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			log.Err = errors.New("no room")
			if a.note(t.Context()) == nil {
				t.Error("noted without a line")
			}
			log.Err = nil
		}
		note(i + 1)
		note(i + 1)
		now = now.Add(actsEvery)
		note(i + 1) // nothing new
		page, err := store.Acts(0, 1, "", "")
		if err != nil {
			t.Fatal(err)
		}
		e := log.Entries[i]
		if e.Action != access.Noted || e.Region != solo.Hebei || e.What[0] != fmt.Sprintf("administrators_log/%d/%s", i+1, page.Last) {
			t.Errorf("%+v", e)
		}
		if e.Salt = strings.Repeat("A", 22); e.Check() != nil {
			t.Errorf("the log takes no such entry: %v", e.Check())
		}
	}
}
