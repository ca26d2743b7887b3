package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/node/cli"
)

// twoLaws is a network of two regions and two procedures.
type twoLaws struct{}

func (twoLaws) Procedures(context.Context) ([]v1.Procedure, error) {
	return []v1.Procedure{{Name: "one"}, {Name: "two"}}, nil
}

func (twoLaws) Procedure(_ context.Context, name string) (v1.ProcedureText, error) {
	return v1.ProcedureText{Document: json.RawMessage(`{"states":[{"name":"begun"},{"name":"done_` + name + `"}]}`)}, nil
}

func (twoLaws) Nodes(context.Context) (v1.Nodes, error) {
	return v1.Nodes{Nodes: []v1.Node{{Region: "110000"}, {Region: "120000"}, {Region: "120000"}}}, nil
}

// Ensure a filter that names what the network does not have is refused with what there
// is, and one that merely selects nothing is not.
func TestMisnamed(t *testing.T) {
	for _, tc := range []struct {
		f    client.Filter
		want string // in the error; empty: none
	}{
		{client.Filter{}, ""},
		{client.Filter{Procedure: "one", State: "begun", Region: "110000", Counterpart: "120000"}, ""},
		{client.Filter{State: "done_two"}, ""},
		{client.Filter{Procedure: "nonsense"}, "--procedure nonsense: the network has no such one; it has one, two"},
		{client.Filter{Procedure: "one", State: "done_two"}, "begun, done_one"},
		{client.Filter{State: "gone"}, "no procedure has such a state"},
		{client.Filter{Region: "310000"}, "--region 310000: the network has no such one; it has 110000, 120000"},
		{client.Filter{Counterpart: "12"}, "--counterpart 12"},
	} {
		err := misnamed(t.Context(), twoLaws{}, tc.f)
		if (err == nil) != (tc.want == "") || err != nil && (!strings.Contains(err.Error(), tc.want) || exitCode(err) != cli.ExitUsage) {
			t.Errorf("%+v: %v", tc.f, err)
		}
	}
}
