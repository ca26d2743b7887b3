//lint:file-ignore SA1019 hashicorp/raft still fills and reads the deprecated fields, so the gate has to hold them too

package transport

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-msgpack/v2/codec"
	"github.com/hashicorp/raft"
	"go.uber.org/goleak"
)

func dialer1(t *Transport, node string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) { return t.DialPeer(ctx, node) }
}

const from = "110000-a"

func goodConfig() []byte {
	return raft.EncodeConfiguration(raft.Configuration{Servers: []raft.Server{{ID: from, Address: from}}})
}

// goodAppend is a message an honest leader sends: every kind of entry in it.
func goodAppend() *raft.AppendEntriesRequest {
	m := heartbeat(from, 7)
	m.PrevLogEntry, m.PrevLogTerm, m.LeaderCommitIndex = 10, 5, 9
	m.Entries = []*raft.Log{
		{Index: 11, Term: 5, Type: raft.LogCommand, Data: make([]byte, MaxEntryBytes)},
		{Index: 12, Term: 7, Type: raft.LogNoop},
		{Index: 13, Term: 7, Type: raft.LogConfiguration, Data: goodConfig()},
	}
	return m
}

func goodSnapshot() *raft.InstallSnapshotRequest {
	return &raft.InstallSnapshotRequest{
		RPCHeader: header(from), SnapshotVersion: 1, Term: 7, Leader: []byte(from), LastLogIndex: 9, LastLogTerm: 6,
		Configuration: goodConfig(), ConfigurationIndex: 1, Size: 4096,
	}
}

// Ensure what honest nodes send passes, and each deviation alone is refused.
func TestCheck(t *testing.T) {
	now := Situation{Term: 6, Leader: from}
	app := func(f func(m *raft.AppendEntriesRequest)) any { m := goodAppend(); f(m); return m }
	snap := func(f func(m *raft.InstallSnapshotRequest)) any { m := goodSnapshot(); f(m); return m }
	for _, tc := range []struct {
		name string
		m    any
		ok   bool
	}{
		{"append", goodAppend(), true},
		{"heartbeat", heartbeat(from, 7), true},
		{"an older term", heartbeat(from, 1), true},
		{"snapshot", goodSnapshot(), true},
		{"vote", &raft.RequestVoteRequest{RPCHeader: header(from), Term: 7, Candidate: []byte(from), LastLogTerm: 7}, true},
		{"pre-vote", &raft.RequestPreVoteRequest{RPCHeader: header(from), Term: 7}, true},
		{"timeout now", &raft.TimeoutNowRequest{RPCHeader: header(from)}, true},

		{"another's id", heartbeat("120000-a", 7), false},
		{"another's address", app(func(m *raft.AppendEntriesRequest) { m.Addr = []byte("120000-a") }), false},
		{"another leader", app(func(m *raft.AppendEntriesRequest) { m.Leader = []byte("120000-a") }), false},
		{"no id", app(func(m *raft.AppendEntriesRequest) { m.ID = nil }), false},
		{"old protocol", app(func(m *raft.AppendEntriesRequest) { m.ProtocolVersion = 2 }), false},
		{"a term out of reach", heartbeat(from, 7+MaxTermStep), false},
		{"a gap", app(func(m *raft.AppendEntriesRequest) { m.Entries[1].Index = 14 }), false},
		{"a gap at the start", app(func(m *raft.AppendEntriesRequest) { m.PrevLogEntry = 3 }), false},
		{"index 0", app(func(m *raft.AppendEntriesRequest) { m.Entries[0].Index = 0 }), false},
		{"falling terms", app(func(m *raft.AppendEntriesRequest) { m.Entries[2].Term = 6 }), false},
		{"a future term", app(func(m *raft.AppendEntriesRequest) { m.Entries[2].Term = 8 }), false},
		{"term 0", app(func(m *raft.AppendEntriesRequest) { m.PrevLogTerm, m.Entries[0].Term = 0, 0 }), false},
		{"a nil entry", app(func(m *raft.AppendEntriesRequest) { m.Entries[1] = nil }), false},
		{"too many entries", app(func(m *raft.AppendEntriesRequest) { m.Entries = make([]*raft.Log, MaxEntries+1) }), false},
		{"too large", app(func(m *raft.AppendEntriesRequest) { m.Entries[0].Data = make([]byte, MaxEntryBytes+1) }), false},
		{"extensions", app(func(m *raft.AppendEntriesRequest) { m.Entries[0].Extensions = []byte{1} }), false},
		{"a barrier", app(func(m *raft.AppendEntriesRequest) { m.Entries[1].Type = raft.LogBarrier }), false},
		{"an old kind", app(func(m *raft.AppendEntriesRequest) { m.Entries[1].Type = raft.LogAddPeerDeprecated }), false},
		{"an unknown kind", app(func(m *raft.AppendEntriesRequest) { m.Entries[1].Type = 99 }), false},
		{"a full no-op", app(func(m *raft.AppendEntriesRequest) { m.Entries[1].Data = []byte{1} }), false},
		{"a broken configuration", app(func(m *raft.AppendEntriesRequest) { m.Entries[2].Data = []byte{0xff, 1, 2} }), false},
		{"an empty configuration", app(func(m *raft.AppendEntriesRequest) { m.Entries[2].Data = raft.EncodeConfiguration(raft.Configuration{}) }), false},
		{"a previous entry out of reach", app(func(m *raft.AppendEntriesRequest) { m.PrevLogEntry = 1<<64 - 1; m.Entries = nil }), false},
		{"a snapshot without size", snap(func(m *raft.InstallSnapshotRequest) { m.Size = 0 }), false},
		{"a negative snapshot", snap(func(m *raft.InstallSnapshotRequest) { m.Size = -1 }), false},
		{"a boundless snapshot", snap(func(m *raft.InstallSnapshotRequest) { m.Size = 1 << 62 }), false},
		{"a snapshot of another leader", snap(func(m *raft.InstallSnapshotRequest) { m.Leader = nil }), false},
		{"an old snapshot version", snap(func(m *raft.InstallSnapshotRequest) { m.SnapshotVersion = 0 }), false},
		{"a broken snapshot configuration", snap(func(m *raft.InstallSnapshotRequest) { m.Configuration = []byte("x") }), false},
		{"a snapshot of the future", snap(func(m *raft.InstallSnapshotRequest) { m.LastLogTerm = 8 }), false},
		{"a configuration beyond the snapshot", snap(func(m *raft.InstallSnapshotRequest) { m.ConfigurationIndex = 10 }), false},
		{"another candidate", &raft.RequestVoteRequest{RPCHeader: header(from), Term: 7, Candidate: []byte("x")}, false},
		{"a last term of the future", &raft.RequestPreVoteRequest{RPCHeader: header(from), Term: 7, LastLogTerm: 8}, false},
		{"an answer as a request", &raft.AppendEntriesResponse{RPCHeader: header(from)}, false},
		{"no message", 5, false},
	} {
		if err := Check(from, tc.m, now); (err == nil) != tc.ok {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	if err := Check(from, &raft.TimeoutNowRequest{RPCHeader: header(from)}, Situation{Term: 6, Leader: "120000-a", Self: from}); err != nil {
		t.Errorf("a node may not tell itself to stand: %v", err)
	}
	if err := Check("", &raft.TimeoutNowRequest{}, Situation{Term: 6, Leader: "120000-a"}); err == nil {
		t.Error("a message of nobody told a node to stand")
	}
	if err := Check(from, &raft.TimeoutNowRequest{RPCHeader: header(from)}, Situation{Term: 6, Leader: "120000-a", Self: "130000-a"}); err == nil {
		t.Error("a node that does not lead handed leadership over")
	}
}

// FuzzCheck: no bytes that decode to a message make the gate panic, and what
// passes has configurations that the library can read.
func FuzzCheck(f *testing.F) {
	for _, m := range []any{goodAppend(), goodSnapshot(), heartbeat(from, 1)} {
		var buf bytes.Buffer
		if err := codec.NewEncoder(&buf, &codec.MsgpackHandle{}).Encode(m); err != nil {
			f.Fatal(err)
		}
		if buf.Len() < 64<<10 {
			f.Add(buf.Bytes())
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var app raft.AppendEntriesRequest
		if codec.NewDecoderBytes(data, &codec.MsgpackHandle{}).Decode(&app) == nil && Check(from, &app, Situation{}) == nil {
			for _, e := range app.Entries {
				if e.Type == raft.LogConfiguration {
					raft.DecodeConfiguration(e.Data)
				}
			}
		}
		var snap raft.InstallSnapshotRequest
		if codec.NewDecoderBytes(data, &codec.MsgpackHandle{}).Decode(&snap) == nil && Check(from, &snap, Situation{}) == nil {
			raft.DecodeConfiguration(snap.Configuration)
		}
	})
}

// Ensure a library that writes a line for every packet of anybody's cannot fill the
// log, says what was left out, and that lines below the level cost none of the others.
func TestStandardWriterThrottled(t *testing.T) {
	var out bytes.Buffer
	l := Logger(slog.New(slog.NewTextHandler(&out, nil)), "gossip").(*logger)
	now := time.Unix(10, 0)
	w := l.StandardWriter(nil).(*lineWriter)
	w.now = func() time.Time { return now }
	for range 1000 {
		fmt.Fprintln(w, "[DEBUG] memberlist: stream connection")
	}
	for range 1000 {
		fmt.Fprintln(w, "[ERR] memberlist: discarding packet")
	}
	if got := strings.Count(out.String(), "\n"); got != strangerLines {
		t.Errorf("%d lines in a second, want %d", got, strangerLines)
	}
	now = now.Add(time.Second)
	out.Reset()
	fmt.Fprintln(w, "[WARN] memberlist: refuting a suspect message")
	for _, want := range []string{"level=WARN", "lines=995", "refuting"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the next second says %q, want %q in it", out.String(), want)
		}
	}
}

// Ensure strangers cannot fill the log.
func TestThrottle(t *testing.T) {
	var th throttle
	for second := range int64(3) {
		lines := 0
		for range 1000 {
			if th.allow(time.Unix(second+10, 0)) {
				lines++
			}
		}
		if lines != strangerLines {
			t.Errorf("%d lines in a second", lines)
		}
	}
}

// TestMain finds goroutines that outlive their transport.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Ensure Raft's log lines arrive in slog with their level and values.
func TestLogger(t *testing.T) {
	var out bytes.Buffer
	l := Logger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelInfo})), "raft")
	l.Debug("hidden")
	l.With("term", 3).Warn("shown", "servers", hclog.Fmt("%d of %d", 2, 3))
	if _, err := l.StandardWriter(nil).Write([]byte("[ERR] memberlist: broken\n")); err != nil {
		t.Fatal(err)
	}
	got := out.String()
	for _, want := range []string{"level=WARN", "msg=shown", "from=raft", "term=3", `servers="2 of 3"`, "level=ERROR", `msg="memberlist: broken"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in %s", want, got)
		}
	}
	if strings.Contains(got, "hidden") || l.IsDebug() || !l.IsWarn() || l.GetLevel() != hclog.Info {
		t.Errorf("levels are wrong: %s", got)
	}
}
