package peer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/api/dataset"
	terms "sandi.internal/gateway/consensus/dataset"
)

// sets answer questions by their purpose.
type sets struct{ region string }

func (s *sets) Answer(_ context.Context, region string, q dataset.Question) (*dataset.Page, error) {
	s.region = region
	switch q.Purpose {
	case "refused":
		return nil, fmt.Errorf("inside: %w", &terms.Refusal{Code: terms.Expired, Detail: "it ran until then"})
	case "unlogged":
		return nil, errors.Join(dataset.ErrUnlogged, &terms.Refusal{Code: terms.Expired})
	case "many":
		return nil, dataset.ErrTooMany
	case "sick":
		return nil, errors.New("the disk is sick")
	}
	return &dataset.Page{Set: "DS-130000-2025-000001", Columns: []string{"a"}, Rows: []json.RawMessage{json.RawMessage(`["<&>"]`)}, Next: q.Cursor, Note: "note\n"}, nil
}

// Ensure a page crosses the door with the bytes that its digest is of, a refusal with
// its reason, and nothing else of this node's insides; strangers get nothing.
func TestData(t *testing.T) {
	for _, known := range []bool{true, false} {
		own := &sets{}
		c := served(t, Config{Node: "130000-a", Replica: &stub{}, Data: own, Clock: time.Now}, known)
		ask := func(purpose string) (*dataset.Page, error) {
			return c.Query(t.Context(), "130000-a", dataset.Question{Question: terms.Question{Purpose: purpose}, Cursor: "c"})
		}
		page, err := ask("inspection")
		if !known {
			if err == nil || page != nil || own.region != "" {
				t.Errorf("a stranger gets %+v, %v", page, err)
			}
			continue
		}
		if err != nil || string(page.Rows[0]) != `["<&>"]` || page.Next != "c" || page.Note != "note\n" || own.region != "120000" {
			t.Errorf("%+v, %v, for region %s", page, err, own.region)
		}
		var r *terms.Refusal
		if _, err := ask("refused"); !errors.As(err, &r) || r.Code != terms.Expired || r.Detail != "it ran until then" || strings.Contains(err.Error(), "inside") {
			t.Errorf("a refusal: %v", err)
		}
		for _, purpose := range []string{"unlogged", "sick"} {
			if page, err := ask(purpose); page != nil || err == nil || errors.As(err, &r) || strings.Contains(err.Error(), "sick") {
				t.Errorf("%s: %+v, %v", purpose, page, err)
			}
		}
		if _, err := ask("many"); !errors.Is(err, dataset.ErrTooMany) {
			t.Errorf("too many: %v", err)
		}
		for body, want := range map[string]int{"{": 422, "[]": 422, strings.Repeat(" ", maxDataQuestion+1): 413} {
			if status, _, err := c.send(t.Context(), "POST", "130000-a", pathData, []byte(body)); err != nil || status != want {
				t.Errorf("%.10q: %d %v", body, status, err)
			}
		}
	}
}
