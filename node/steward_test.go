package node

import (
	"context"
	"crypto/rand"
	_ "embed"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/replica/clustertest"
	"sandi.internal/gateway/consensus/statement"
)

//go:embed testdata/missive.yaml
var missive string

const stewardPatience = 20 * time.Second

// stewards is a network with a steward on each node: real replicas, desks and
// law, a network and disks that can fail.
type stewards struct {
	*clustertest.Cluster
	t       *testing.T
	agendas map[string]*agenda // by node, of its present run
	of      map[string]*steward
}

func newStewards(t *testing.T, o clustertest.Options) *stewards {
	t.Helper()
	s := &stewards{t: t, agendas: map[string]*agenda{}, of: map[string]*steward{}}
	o.Timeouts = genesis.Timeouts{HeartbeatMS: 1000, ElectionMS: 1000, LeaseMS: 500, CommitMS: 10}
	if o.Law == nil {
		o.Law = []genesis.LawText{{Name: "missive", Text: missive}}
	}
	o.Applied = func(node string) func([]ledger.Result) {
		s.agendas[node] = newAgenda()
		return s.agendas[node].applied
	}
	s.Cluster = clustertest.New(t, o)
	for _, n := range s.Nodes {
		s.engage(n)
	}
	s.Leader()
	return s
}

// engage gives a node that has just started its steward.
func (s *stewards) engage(n *clustertest.Node) *steward {
	s.t.Helper()
	w := &steward{
		region: n.Region, ledger: desk.Replicated{Replica: n.Replica, Machine: n.Ledger}, desk: s.desk(n, stewardPatience),
		agenda: s.agendas[n.ID], clock: s.Clock, log: slog.New(slog.DiscardHandler), refused: map[string]bool{}, network: s.Signed.Network(),
	}
	s.of[n.ID] = w
	return w
}

// desk makes a node's desk, which waits so long for the ledger.
func (s *stewards) desk(n *clustertest.Node, wait time.Duration) *desk.Desk {
	s.t.Helper()
	keys := s.Keys.Region(n.Region)
	pseudonyms, err := desk.NewPseudonyms(keys.Pseudonym)
	if err != nil {
		s.t.Fatal(err)
	}
	d, err := desk.New(desk.Config{
		Region: n.Region, Network: s.Signed.Network(), Signer: keys.Statement, Pool: n.Pool,
		Ledger: desk.Replicated{Replica: n.Replica, Machine: n.Ledger}, Vault: solo.NewVault(), Local: solo.NewLocal(),
		Pseudonyms: pseudonyms, Clock: s.Clock, Logger: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(),
		Wait: wait, NoLeaderWait: wait,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

// run runs a steward until the returned function is called, or the test ends.
func (s *stewards) run(w *steward) (stop func()) {
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan error, 1)
	go func() { done <- w.run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Error(err)
		}
	}
}

// look lets a steward look once, at all that was acknowledged before.
func (s *stewards) look(n *clustertest.Node) {
	s.t.Helper()
	s.view(n).Close()
	if err := s.of[n.ID].look(s.t.Context()); err != nil {
		s.t.Fatalf("%s: %v", n.ID, err)
	}
}

// act says something at a node in its bureau's name; an empty record opens one.
func (s *stewards) act(n *clustertest.Node, record, event, fields string) string {
	s.t.Helper()
	object, err := desk.ParseFields([]byte(fields))
	if err != nil {
		s.t.Fatal(err)
	}
	draft := desk.Draft{
		ID: statement.NewID(s.Clock(), rand.Reader), Role: "officer", Org: n.Region + "-SJ", Person: s.of[n.ID].desk.Pseudonym("issuer", "officer"),
		Procedure: "missive", Event: event, Fields: object,
	}
	var receipt desk.Receipt
	if record == "" {
		receipt, err = s.of[n.ID].desk.Open(s.t.Context(), draft)
	} else {
		draft.Prev = s.record(n, record).Head
		receipt, err = s.of[n.ID].desk.Act(s.t.Context(), record, draft)
	}
	if err != nil || receipt.Status != ledger.Committed {
		s.t.Fatalf("%s %s at %s: %+v %v", event, record, n.ID, receipt.Refusal, err)
	}
	return receipt.Record
}

// letter sends one from a node's bureau to another's.
func (s *stewards) letter(from, to *clustertest.Node) string {
	s.t.Helper()
	id := s.act(from, "", "", fmt.Sprintf(`{"to_org":"%s-SJ"}`, to.Region))
	s.act(from, id, "send", `{"root":"sc1.`+strings.Repeat("A", 43)+`"}`)
	return id
}

// view opens a linearizable view, through an election if need be.
func (s *stewards) view(n *clustertest.Node) (view *replica.View) {
	s.t.Helper()
	s.Await("a view at "+n.ID, func() bool {
		var err error
		view, err = n.Replica.View(s.t.Context(), replica.Consistency{Mode: replica.Linearizable})
		return err == nil
	})
	return view
}

// record reads a record linearizably.
func (s *stewards) record(n *clustertest.Node, id string) *procedure.Record {
	s.t.Helper()
	view := s.view(n)
	defer view.Close()
	rec, err := n.Ledger.Books(view).Record(id)
	if err != nil || rec == nil {
		s.t.Fatalf("%s at %s: %v %v", id, n.ID, rec, err)
	}
	return rec
}

func (s *stewards) awaitState(n *clustertest.Node, id, state string) {
	s.t.Helper()
	s.Await(id+" is "+state, func() bool { return s.record(n, id).State == state })
}

func (s *stewards) mustBe(n *clustertest.Node, id, state string) {
	s.t.Helper()
	if got := s.record(n, id).State; got != state {
		s.t.Fatalf("%s is %s, not %s", id, got, state)
	}
}

// Ensure the addressee's steward signs a receipt as soon as the letter is there,
// once, and nobody else's does.
func TestStewardReceipt(t *testing.T) {
	t.Parallel()
	s := newStewards(t, clustertest.Options{Seed: 1})
	a, b := s.Nodes[0], s.Nodes[1]
	for _, n := range s.Nodes {
		stop := s.run(s.of[n.ID])
		defer stop()
	}
	id := s.letter(a, b)
	s.awaitState(a, id, "received")
	last := s.record(a, id).Acts
	if act := last[len(last)-1]; act.Region != b.Region || act.Role != procedure.NodeRole {
		t.Errorf("the receipt is by %+v", act)
	}
	s.look2(a, b)
	if got := len(s.record(a, id).Acts); got != len(last) {
		t.Errorf("%d acts, there were %d", got, len(last))
	}
	s.CheckAll()
}

// look2 lets time pass for stewards that run: each has taken its agenda twice.
func (s *stewards) look2(nodes ...*clustertest.Node) {
	s.t.Helper()
	for range 2 {
		for _, n := range nodes {
			a := s.agendas[n.ID]
			a.applied([]ledger.Result{{Record: "MI-000000-2025-000000", Automatic: true}})
			s.Await("the agenda is taken", func() bool {
				a.mu.Lock()
				defer a.mu.Unlock()
				return len(a.records) == 0 && !a.stock
			})
		}
	}
}

// Ensure what came while no steward ran is done when one starts, after a power cut
// too.
func TestStewardRestart(t *testing.T) {
	t.Parallel()
	s := newStewards(t, clustertest.Options{Seed: 2})
	a, b := s.Nodes[0], s.Nodes[1]
	before := s.letter(a, b)
	s.Crash(b, 50)
	during := s.letter(a, b)
	s.Start(b)
	defer s.run(s.engage(b))()
	s.awaitState(a, before, "received")
	s.awaitState(a, during, "received")
	s.CheckAll()
}

// Ensure a steward whose agenda overflowed finds what fell off it, however much
// there is.
func TestStewardOverflow(t *testing.T) {
	t.Parallel()
	s := newStewards(t, clustertest.Options{Seed: 3})
	a, b := s.Nodes[0], s.Nodes[1]
	s.look(b)
	var letters []string
	for range stewardPage + 1 { // two pages of the books
		letters = append(letters, s.letter(a, b))
	}
	s.record(b, letters[len(letters)-1]) // the node has applied all of them
	strange := make([]ledger.Result, agendaMax)
	for i := range strange {
		strange[i] = ledger.Result{Record: fmt.Sprintf("MI-000000-2025-%06d", i), Automatic: true}
	}
	s.agendas[b.ID].applied(strange)
	if !s.agendas[b.ID].stock {
		t.Fatal("the agenda didn't overflow")
	}
	s.look(b)
	for _, id := range letters {
		s.mustBe(a, id, "received")
	}
	if records, stock := s.agendas[b.ID].take(); stock {
		t.Errorf("still more than can be known: %v", records)
	}
}

// Ensure a steward that runs while a snapshot replaces its node's ledger finds what
// the snapshot brought.
func TestStewardRestore(t *testing.T) {
	t.Parallel()
	tuning := replica.Tuning{TrailingLogs: 1, SnapshotThreshold: 4, SnapshotInterval: 10 * time.Millisecond}
	s := newStewards(t, clustertest.Options{Seed: 4, Tuning: tuning})
	leader, late := s.Leader(), s.Followers()[0]
	first := s.letter(leader, late)
	defer s.run(s.of[late.ID])()
	s.awaitState(leader, first, "received")
	s.Isolate(late)
	behind := late.Replica.Status().LastRaft
	id := s.letter(leader, late)
	for range 10 {
		s.Fill(leader, 10)
	}
	s.Await("the log is truncated", func() bool { return leader.Replica.Status().FirstRaft > behind+1 })
	s.Heal()
	s.awaitState(leader, id, "received")
	if got := late.Replica.Status().FirstRaft; got != 0 && got <= behind {
		t.Errorf("no snapshot was needed: the log begins at %d", got)
	}
	s.CheckAll()
}

// Ensure a limit that passes is reported when it has passed, by the owner's
// steward; by another's only if that one leaves it for a while; and by none that
// starts late a second time.
func TestStewardDue(t *testing.T) {
	t.Parallel()
	s := newStewards(t, clustertest.Options{Seed: 5})
	a, b, c := s.Nodes[0], s.Nodes[1], s.Nodes[2]
	received := func() string {
		id := s.letter(a, b)
		s.look(b)
		s.mustBe(a, id, "received")
		return id
	}
	all := func() {
		for _, n := range s.Nodes {
			s.look(n)
		}
	}
	one := received()
	s.Advance(24 * time.Hour) // the last second in time
	all()
	s.mustBe(a, one, "received")
	s.Advance(time.Second)
	s.look(c)
	s.mustBe(a, one, "received") // a stranger waits
	s.look(a)
	s.mustBe(a, one, "lapsed")

	two := received()
	s.Advance(24*time.Hour + strangerPatience)
	s.look(c)
	s.mustBe(a, two, "received")
	s.Advance(time.Second)
	s.look(c) // the owner's steward is away
	s.mustBe(a, two, "lapsed")
	size := a.Replica.Size()
	all()
	all()
	if got := a.Replica.Size(); got != size {
		t.Errorf("%d acts too many", got-size)
	}
}

// Ensure a limit that passed while no steward ran is found at the start, and a
// clock that jumps needs no tick.
func TestStewardClock(t *testing.T) {
	t.Parallel()
	s := newStewards(t, clustertest.Options{Seed: 6})
	a, b := s.Nodes[0], s.Nodes[1]
	one := s.letter(a, b)
	s.look(b)
	s.Advance(25 * time.Hour)
	s.look(a)
	s.mustBe(a, one, "lapsed")

	two := s.letter(a, b)
	s.look(b)
	jumped := make(chan struct{})
	w := s.of[a.ID]
	w.changed = func() <-chan struct{} { return jumped }
	looked := make(chan struct{}, 1)
	w.clock = func() time.Time {
		select {
		case looked <- struct{}{}:
		default:
		}
		return s.Clock()
	}
	stop := s.run(w)
	<-looked
	s.Advance(25 * time.Hour)
	close(jumped)
	s.awaitState(a, two, "lapsed")
	stop()
}

// Ensure a node whose clock is ahead of the leader's tries again once the ledger's
// time has come, and not for ever when it is refused.
func TestStewardEarly(t *testing.T) {
	t.Parallel()
	s := newStewards(t, clustertest.Options{Seed: 7})
	a, b := s.Nodes[0], s.Nodes[1]
	id := s.letter(a, b)
	s.look(b)
	s.Advance(24 * time.Hour)
	w := s.of[a.ID]
	w.clock = func() time.Time { return s.Clock().Add(10 * time.Second) }
	s.look(a)
	s.mustBe(a, id, "received")
	s.look(a)
	s.mustBe(a, id, "received")
	s.Advance(time.Second)
	s.look(a)
	s.mustBe(a, id, "lapsed")
	if records, stock := w.agenda.take(); len(records) != 0 || stock {
		t.Errorf("still on the agenda: %v %v", records, stock)
	}
}

// Ensure nothing is lost when there is no leader: every record comes back.
func TestStewardWithoutLeader(t *testing.T) {
	t.Parallel()
	s := newStewards(t, clustertest.Options{Seed: 8})
	leader, b := s.Leader(), s.Followers()[0]
	s.look(b)
	one, two := s.letter(leader, b), s.letter(leader, b)
	s.record(b, two)
	s.Isolate(b)
	s.Await("the leader is lost", func() bool { return b.Replica.Status().Leader == "" })
	w := s.of[b.ID]
	patient := w.desk
	w.desk = s.desk(b, 100*time.Millisecond)
	if err := w.look(t.Context()); err == nil {
		t.Fatal("a receipt without a leader")
	}
	s.Heal()
	s.Leader()
	w.desk = patient
	s.Await("both receipts", func() bool {
		return w.look(t.Context()) == nil && s.record(leader, one).State == "received" && s.record(leader, two).State == "received"
	})
	s.CheckAll()
}
