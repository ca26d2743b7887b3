package transport

import (
	"math"
	"testing"

	"github.com/hashicorp/raft"
)

// Ensure a node that abstains gives no vote in the terms it abstains from, stands
// in no election while it abstains from the next one, and hears all else.
func TestWithhold(t *testing.T) {
	for _, tc := range []struct {
		name    string
		message any
		abstain uint64
		held    bool
	}{
		{"a vote, abstaining from none", &raft.RequestVoteRequest{Term: 8}, 0, false},
		{"a vote in a later term", &raft.RequestVoteRequest{Term: 8}, 7, false},
		{"a vote in the last term abstained from", &raft.RequestVoteRequest{Term: 8}, 8, true},
		{"a vote, abstaining from all", &raft.RequestVoteRequest{Term: 8}, math.MaxUint64, true},
		{"a pre-vote in a later term", &raft.RequestPreVoteRequest{Term: 8}, 7, false},
		{"a pre-vote, abstaining from all", &raft.RequestPreVoteRequest{Term: 8}, math.MaxUint64, true},
		{"a handover, abstaining up to the present term", &raft.TimeoutNowRequest{}, 7, false},
		{"a handover, abstaining from all", &raft.TimeoutNowRequest{}, math.MaxUint64, true},
		{"entries, abstaining from all", &raft.AppendEntriesRequest{Term: 7}, math.MaxUint64, false},
		{"a snapshot, abstaining from all", &raft.InstallSnapshotRequest{Term: 7}, math.MaxUint64, false},
	} {
		answer := Withhold(tc.message, Situation{Term: 7, Abstain: tc.abstain})
		if (answer != nil) != tc.held {
			t.Errorf("%s: %+v", tc.name, answer)
		}
		switch a := answer.(type) {
		case *raft.RequestVoteResponse:
			if a.Granted || a.Term != 7 {
				t.Errorf("%s: %+v", tc.name, a)
			}
		case *raft.RequestPreVoteResponse:
			if a.Granted || a.Term != 7 {
				t.Errorf("%s: %+v", tc.name, a)
			}
		}
	}
}
