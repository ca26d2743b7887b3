package peer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"sandi.internal/gateway/api/accesslog"
	"sandi.internal/gateway/api/v1"
)

// shower answers by the record that it is asked for.
type shower struct{ region string }

func (s *shower) Show(_ context.Context, region string, q accesslog.Question) (v1.AccessRows, error) {
	s.region = region
	switch q.Record {
	case "foreign":
		return v1.AccessRows{}, fmt.Errorf("no: %w", accesslog.ErrNotParty)
	case "sick":
		return v1.AccessRows{}, errors.New("the disk is sick")
	}
	if q.From > 3 {
		return v1.AccessRows{}, accesslog.ErrRange
	}
	return v1.AccessRows{Node: "110000-a", Log: q.Log, From: q.From, Rows: []v1.AccessRow{{Slip: "s", Entry: `{"a":"<&>"}`}}}, nil
}

// Ensure another node's auditor gets rows, or why not, and a stranger nothing.
func TestLooks(t *testing.T) {
	for _, known := range []bool{true, false} {
		s := &shower{}
		c := served(t, Config{Node: "110000-a", Replica: &stub{}, Looks: s, Clock: time.Now}, known)
		rows, err := c.Looks(t.Context(), "110000-a", accesslog.Question{Log: 2, From: 1, Record: "mine"})
		if !known {
			if !errors.Is(err, accesslog.ErrNotParty) || s.region != "" {
				t.Errorf("a stranger gets %+v, %v", rows, err)
			}
			continue
		}
		if err != nil || rows.Log != 2 || rows.From != 1 || rows.Rows[0].Entry != `{"a":"<&>"}` || s.region == "" {
			t.Errorf("%+v, %v, as region %q", rows, err, s.region)
		}
		for record, want := range map[string]error{"foreign": accesslog.ErrNotParty, "sick": accesslog.ErrSilent} {
			if _, err := c.Looks(t.Context(), "110000-a", accesslog.Question{Record: record}); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", record, err, want)
			}
		}
		if _, err := c.Looks(t.Context(), "110000-a", accesslog.Question{From: 9}); !errors.Is(err, accesslog.ErrRange) {
			t.Errorf("a place that is not there: %v", err)
		}
		if status, _, err := c.send(t.Context(), http.MethodPost, "110000-a", pathAccess, []byte("{")); err != nil || status != http.StatusUnprocessableEntity {
			t.Errorf("half a question: %d %v", status, err)
		}
		if status, _, err := c.send(t.Context(), http.MethodPost, "110000-a", pathAccess, make([]byte, maxQuestion+1)); err == nil && status == http.StatusOK {
			t.Error("a question without end was answered")
		}
	}
}
