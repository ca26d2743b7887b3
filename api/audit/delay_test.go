package audit_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"sandi.internal/gateway/api/audit"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/consensus/promise"
	"sandi.internal/gateway/consensus/statement"
)

// Ensure late promises stand beside the forks, each with the signed note, and say
// whether the statement came after all.
func TestDelays(t *testing.T) {
	w := newTown(t, solo.Options{})
	p := promise.Promise{Region: "110000", Node: "110000-a", From: "120000", ID: "01K9Z8Q6X5W4V3T2S1R0QPNMKJ", Hash: statement.Hash{1}, Seen: 1762131600, Due: 1762131660}
	w.net.Delays = []audit.Delay{
		{Promise: p, Note: []byte("note one\n")},
		{Promise: p, Note: []byte("note two\n"), Committed: true, Index: 7, At: 1762131700, Found: 1762131705, KeptLate: 45},
	}
	rec := w.ask("none", "GET", "/log/evidence")
	var list struct {
		Delays []struct {
			Format, Why, Node, Statement, Hash, Seen, Due, At, Found, Promise string
			KeptLateS                                                         int64 `json:"kept_late_s"`
			Index                                                             *uint64
		}
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &list); err != nil || len(list.Delays) != 2 {
		t.Fatalf("%v %s", err, rec.Body)
	}
	missing, late := list.Delays[0], list.Delays[1]
	if missing.Format != "sandi-delay/1" || missing.Node != "110000/110000-a" || missing.Statement != "120000/01K9Z8Q6X5W4V3T2S1R0QPNMKJ" || missing.Hash != p.Hash.String() ||
		missing.Seen != "2025-11-03T09:00:00+08:00" || missing.Due != "2025-11-03T09:01:00+08:00" || missing.Index != nil || missing.At != "" ||
		missing.Promise != "note one\n" || !strings.Contains(missing.Why, "it is not in the ledger") {
		t.Errorf("%+v", missing)
	}
	if late.Index == nil || *late.Index != 7 || late.At != "2025-11-03T09:01:40+08:00" || late.Promise != "note two\n" || !strings.Contains(late.Why, "it came at "+late.At) ||
		late.Found != "2025-11-03T09:01:45+08:00" || !strings.Contains(late.Why, "kept late by 45 s") || late.KeptLateS != 45 || missing.KeptLateS != 0 || missing.Found != "" {
		t.Errorf("%+v", fmt.Sprint(late))
	}
}
