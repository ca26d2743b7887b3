package replica

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

func newQueue() *queue { return &queue{tickets: map[statement.Hash]*ticket{}} }

func hashOf(n int) statement.Hash { return statement.Hash{byte(n), byte(n >> 8), 1} }

func mustAdd(t *testing.T, q *queue, n, size int) *ticket {
	t.Helper()
	tk, err := q.add(hashOf(n), make([]byte, size))
	if err != nil {
		t.Fatal(err)
	}
	return tk
}

// Ensure batches keep to the bounds of a command and take the oldest first.
func TestQueueBatches(t *testing.T) {
	q := newQueue()
	for i := range 300 {
		mustAdd(t, q, i, 600)
	}
	for range 10 {
		mustAdd(t, q, 1000+q.bytes, 60<<10)
	}
	now := time.Now().Add(time.Hour) // everything has waited long enough
	var sizes []int
	for {
		batch, _ := q.take(now)
		if batch == nil {
			break
		}
		total := 0
		for _, it := range batch {
			total += len(it.raw)
		}
		if len(batch) > ledger.MaxStatements || total > ledger.MaxCommandBytes {
			t.Errorf("%d statements of %d bytes", len(batch), total)
		}
		sizes = append(sizes, len(batch))
	}
	if len(sizes) != 3 || sizes[0] != 256 || sizes[1] != 44+8 || sizes[2] != 2 || q.bytes != 0 {
		t.Errorf("batches of %v, %d bytes left", sizes, q.bytes)
	}
}

// Ensure statements that a leader knew nothing of travel alone, in their order, and
// the others together as before.
func TestQueueAlone(t *testing.T) {
	q := newQueue()
	for i := range 5 {
		mustAdd(t, q, i, 600+i)
	}
	batch, _ := q.take(time.Now())
	if len(batch) != 5 {
		t.Fatalf("a batch of %d", len(batch))
	}
	q.landed()
	q.isolate(batch[1:3])
	q.requeue(batch)
	var sizes [][]int
	for {
		batch, _ = q.take(time.Now().Add(time.Hour))
		if batch == nil {
			break
		}
		q.landed()
		var lens []int
		for _, it := range batch {
			lens = append(lens, len(it.raw))
		}
		sizes = append(sizes, lens)
	}
	if want := [][]int{{600}, {601}, {602}, {603, 604}}; !reflect.DeepEqual(sizes, want) || q.bytes != 0 {
		t.Errorf("batches of %v, want %v; %d bytes left", sizes, want, q.bytes)
	}
}

// Ensure a second batch waits until it is full or due, and the rest for room.
func TestQueuePace(t *testing.T) {
	q := newQueue()
	mustAdd(t, q, 1, 600)
	if batch, _ := q.take(time.Now()); len(batch) != 1 {
		t.Fatal("the first batch waits")
	}
	mustAdd(t, q, 2, 600)
	batch, later := q.take(time.Now())
	if batch != nil || later <= 0 || later > pace {
		t.Fatalf("a second batch of %d, later %s", len(batch), later)
	}
	if _, later = q.take(time.Now()); later != 0 {
		t.Error("a second timer")
	}
	q.unpaced()
	if batch, _ = q.take(time.Now().Add(pace)); len(batch) != 1 {
		t.Error("a batch that is due does not go")
	}
	for i := range ledger.MaxStatements {
		mustAdd(t, q, 100+i, 600)
	}
	if batch, _ = q.take(time.Now()); len(batch) != ledger.MaxStatements {
		t.Error("a full batch waits")
	}
	for i := range 3 {
		mustAdd(t, q, 1000+i, 600)
		q.take(time.Now().Add(time.Hour))
	}
	if q.inflight != maxInFlight {
		t.Errorf("%d batches in flight", q.inflight)
	}
	q.landed()
	if batch, _ = q.take(time.Now().Add(time.Hour)); len(batch) == 0 {
		t.Error("room is not used")
	}
}

// Ensure the bounds hold and cost nobody who is already in.
func TestQueueBounds(t *testing.T) {
	q := newQueue()
	first := mustAdd(t, q, 0, 1)
	for i := 1; i < maxQueued; i++ {
		mustAdd(t, q, i, 1)
	}
	if _, err := q.add(hashOf(1<<15), nil); !errors.Is(err, ErrOverloaded) {
		t.Errorf("one too many: %v", err)
	}
	if again, err := q.add(first.hash, nil); err != nil || again != first {
		t.Errorf("a repeat of what is in: %v", err)
	}
	g := &forwarded{verdicts: make([]Verdict, 1), done: make(chan struct{})}
	if q.addGroup([][]byte{{1}}, []bool{true}, g) {
		t.Error("a forwarded batch beyond the bound")
	}
	q = newQueue()
	for i := range maxQueuedBytes / (64 << 10) {
		mustAdd(t, q, i, 64<<10)
	}
	if _, err := q.add(hashOf(1<<15), []byte{1}); !errors.Is(err, ErrOverloaded) {
		t.Errorf("one byte too many: %v", err)
	}
}

// Ensure who gives up learns whether the statement may still come.
func TestQueueLeave(t *testing.T) {
	q := newQueue()
	waiting := mustAdd(t, q, 1, 1)
	if resolved, uncertain := q.leave(waiting); resolved || uncertain {
		t.Error("a statement that was never sent is uncertain")
	}
	if batch, _ := q.take(time.Now()); batch != nil || len(q.tickets) != 0 || q.bytes != 0 {
		t.Error("a statement nobody waits for was sent")
	}
	sent := mustAdd(t, q, 2, 1)
	batch, _ := q.take(time.Now())
	if _, uncertain := q.leave(sent); !uncertain {
		t.Error("a statement on its way is certain")
	}
	q.requeue(batch)
	if len(q.items) != 0 {
		t.Error("sent again though nobody waits")
	}
	back := mustAdd(t, q, 3, 1)
	batch, _ = q.take(time.Now().Add(time.Hour))
	q.failed(batch, true)
	q.requeue(batch)
	if _, uncertain := q.leave(back); !uncertain {
		t.Error("an attempt that may have succeeded was forgotten")
	}
	got := mustAdd(t, q, 4, 1)
	q.resolve([]ledger.Result{{Hash: hashOf(4), Index: 9}})
	if resolved, _ := q.leave(got); !resolved || got.result.Index != 9 {
		t.Error("the result came and was not seen")
	}
}

// Ensure closing answers everybody, each with what is known.
func TestQueueClose(t *testing.T) {
	q := newQueue()
	sent := mustAdd(t, q, 1, 1)
	q.take(time.Now())
	queued := mustAdd(t, q, 2, 1)
	g := &forwarded{verdicts: make([]Verdict, 2), done: make(chan struct{})}
	if !q.addGroup([][]byte{{1}, {2}}, []bool{true, true}, g) {
		t.Fatal("no room")
	}
	q.close(ErrClosed)
	<-g.done
	if !errors.Is(sent.err, ErrUnknownOutcome) || !errors.Is(queued.err, ErrClosed) || g.verdicts[1].Code != CodeNotLeader {
		t.Errorf("sent: %v, queued: %v, forwarded: %v", sent.err, queued.err, g.verdicts)
	}
	if _, err := q.add(hashOf(3), nil); !errors.Is(err, ErrClosed) {
		t.Errorf("added afterwards: %v", err)
	}
}

// Ensure what goes over the wire comes back, and nothing else is read.
func TestForwardCodec(t *testing.T) {
	in := [][]byte{[]byte("a"), bytes.Repeat([]byte("b"), 60<<10), {}}
	out, err := DecodeForward(EncodeForward(in))
	if err != nil || len(out) != 3 || !bytes.Equal(out[1], in[1]) {
		t.Fatalf("%d statements, %v", len(out), err)
	}
	most := make([][]byte, ledger.MaxStatements)
	for i := range most {
		most[i] = make([]byte, ledger.MaxCommandBytes/ledger.MaxStatements)
	}
	if n := len(EncodeForward(most)); n > MaxForwardBytes {
		t.Errorf("a full request has %d bytes, announced are %d", n, MaxForwardBytes)
	}
	verdicts := []Verdict{{Code: CodeCommitted, Term: 1 << 60, Index: 7}, {Code: CodeUnknown}, {Code: CodeInvalid}}
	wire := EncodeVerdicts(verdicts)
	got, err := DecodeVerdicts(wire, 3)
	if err != nil || got[0] != verdicts[0] || got[1] != verdicts[1] || got[2] != verdicts[2] {
		t.Fatalf("%v, %v", got, err)
	}
	for name, bad := range map[string]struct {
		body  []byte
		count int
	}{
		"truncated": {wire[:3], 3}, "too few": {wire, 4}, "too many": {wire, 2}, "unknown code": {[]byte{byte(codeEnd)}, 1},
		"count": {wire, ledger.MaxStatements + 1}, "size": {make([]byte, maxVerdictBytes+1), 3},
	} {
		if _, err := DecodeVerdicts(bad.body, bad.count); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}
