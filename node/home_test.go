package node_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/genesis"
)

// do makes an event happen and waits until every node has it.
func (n *network) do(i int, role, record, event, fields string) v1.Receipt {
	n.t.Helper()
	door, key, head := n.door(i, role), client.NewKey(), ""
	var receipt v1.Receipt
	n.await(event, func(ctx context.Context) error {
		var err error
		if record == "" {
			receipt, err = door.Open(ctx, key, v1.OpenRequest{Procedure: event, Role: role, Fields: json.RawMessage(fields)})
			return err
		}
		if head == "" {
			rec, err := door.Record(ctx, record, client.Read{})
			if err != nil {
				return err
			}
			head = rec.Head
		}
		receipt, err = door.Act(ctx, key, record, head, v1.ActRequest{Event: event, Role: role, Fields: json.RawMessage(fields)})
		return err
	})
	for node := range n.nodes {
		n.await("the same everywhere", func(ctx context.Context) error {
			_, err := n.door(node, role).Procedures(ctx)
			s := n.status(node)
			if err == nil && s.Size <= *receipt.Index {
				err = fmt.Errorf("node %d has %d leaves", node, s.Size)
			}
			return err
		})
	}
	return receipt
}

// Ensure an expert's name lies encrypted in the home node only, and travels to
// another region's node once that region's matter has selected the expert.
func TestHomeValues(t *testing.T) {
	n := found(t, genesis.ClockPractice, time.Date(2025, 11, 3, 9, 0, 0, 0, time.FixedZone("", 8*3600)))
	shared := n.Regions[0].Code + "-SJ"
	id := n.do(1, "liaison", "", "expert", `{"expert_name":"合成专家甲","phone":"022-5550101","employer_uscc":"91350100M000100Y43","shared_with":["`+shared+`"]}`).Record
	n.do(1, "liaison", id, "submit", `{"specialities":[{"field":"food","years":9}],"professional_title":"senior","consent_purpose":"三地检查",`+
		`"consent_date":"2025-10-01","consent_shared":true,"recusal_units":[]}`)

	ask := func(i int, because string) (v1.PrivateValues, error) {
		return n.door(i, "liaison").Private(t.Context(), id, because, client.Read{})
	}
	own, err := ask(1, "")
	if err != nil || len(own.Items) != 2 || string(own.Items[0].Value) != `"合成专家甲"` {
		t.Fatalf("at home: %+v, %v", own, err)
	}
	there, err := ask(0, "")
	if err != nil || there.Items[0].Value != nil || there.Items[0].Commitment != own.Items[0].Commitment {
		t.Fatalf("in the other region's own vault: %+v, %v", there, err)
	}
	matter := n.do(0, "liaison", "", "help", `{"help_no":"H1","programme":"2025","cluster":"合成产业集群"}`).Record
	var refused *problem.Problem
	if _, err := ask(0, matter); !errors.As(err, &refused) || refused.Code != problem.NotReleased {
		t.Fatalf("before the selection: %v", err)
	}
	n.do(0, "liaison", matter, "dispatch", `{"activity":"visit","held_on":"2025-11-04","expert_times":1,"experts":["`+id+`"]}`)
	if there, err = ask(0, matter); err != nil || there.From != n.Regions[1].Code || string(there.Items[1].Value) != `"022-5550101"` {
		t.Fatalf("after the selection: %+v, %v", there, err)
	}
	for i, want := range []string{"asked", "given"} {
		log, err := n.door(i, "liaison").PrivateLog(t.Context(), id, client.Read{})
		if err != nil || len(log) < 2 || log[0].Kind != want || log[0].Refused || log[0].Region != n.Regions[0].Code || !log[1].Refused {
			t.Errorf("log of node %d: %+v, %v", i, log, err)
		}
	}
}
