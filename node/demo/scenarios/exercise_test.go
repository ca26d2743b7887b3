package scenarios_test

import (
	"strings"
	"testing"

	"sandi.internal/gateway/node/demo/scenarios"
)

// Ensure every scenario can be practised: each step says in both languages what is to be
// done, steps go forward in time, and each names only records that an earlier one opened.
func TestExercises(t *testing.T) {
	list, err := scenarios.Exercises()
	if err != nil || len(list) != 3 {
		t.Fatalf("%d exercises, %v", len(list), err)
	}
	for _, e := range list {
		opened, last := map[string]bool{}, e.Start
		for _, s := range e.Steps {
			if s.What.ZH == "" || s.What.EN == "" || s.At < last || len(s.Times) == 0 {
				t.Errorf("%s, step %d: %+v", e.Name, s.N, s)
			}
			last = s.At
			for _, at := range s.Times {
				if strings.Contains(at.Record+at.Region, "$") {
					t.Errorf("%s, step %d: %+v is not filled in", e.Name, s.N, at)
				}
				if s.Procedure != "" && s.Refused == nil {
					opened[at.Record] = true
				}
				if (s.Event != "" || s.State != "") && !opened[at.Record] {
					t.Errorf("%s, step %d: nobody has opened %q", e.Name, s.N, at.Record)
				}
			}
		}
	}
	leads := list[2].Steps[1]
	if list[2].Name != "platform" || len(leads.Times) != 184 || leads.Times[183].Record != "lt184" || leads.Times[0].Region != "110000" || string(leads.Fields["lead_no"]) != `"DX-2025-1"` {
		t.Errorf("%s: %+v", list[2].Name, leads)
	}
}
