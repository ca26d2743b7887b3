package node_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/certs/devca"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/node"
	"sandi.internal/gateway/node/audit"
	"sandi.internal/gateway/node/demo"
	"sandi.internal/gateway/node/recovery"
)

// governed is a governance statement of region i, signed offline.
func (n *network) governed(network string, i int, kind string, body []byte) []byte {
	n.t.Helper()
	raw, _, err := statement.Sign(n.Regions[i].Governance, statement.Payload{
		Network: network, Kind: kind, ID: statement.NewID(time.Now(), rand.Reader), Region: n.Regions[i].Code,
		At: statement.FormatAt(time.Now().Unix()), Actor: statement.Actor{Role: statement.RoleGovernance, Org: n.Regions[i].Code + "-SJ"},
		Request: statement.RequestDigest(body), Body: body,
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return append(raw, '\n')
}

// renewed makes new checkpoint keys for a stopped node, names them in its
// configuration, and gives the region's statements that register them.
func (n *network) renewed(network string, i int) []byte {
	n.t.Helper()
	one := n.nodes[i]
	var lines []byte
	for use, path := range map[keyring.Use]*string{keyring.UseLog: &one.Keys.Log, keyring.UseCosigner: &one.Keys.Cosigner} {
		key, err := keyring.Generate(keyring.EdDSA, use, string(use)+"-returned")
		if err != nil {
			n.t.Fatal(err)
		}
		*path = filepath.Join(n.Regions[i].Dir, string(use)+"-returned.pem")
		if err := key.SaveFile(*path); err != nil {
			n.t.Fatal(err)
		}
		proven, err := statement.Prove(key, network, n.Regions[i].Code, one.Node)
		if err != nil {
			n.t.Fatal(err)
		}
		lines = append(lines, n.governed(network, i, statement.KindKeyAdd, statement.KeyAddBody{Proven: proven, Node: one.Node, Active: true}.Marshal())...)
	}
	return lines
}

// forked puts another entry at the end of each of two stopped nodes' logs, as a leader
// that tells each something else does: with the same number and term.
func (n *network) forked(a, b int, toA, toB []byte) {
	n.t.Helper()
	type tail struct {
		entries map[uint64]*raft.Log
		last    uint64
		term    uint64
	}
	ends := make(map[int]*tail)
	for _, i := range []int{a, b} {
		n.opened(i, func(f *recovery.Folder) {
			end := &tail{entries: make(map[uint64]*raft.Log)}
			var err error
			if end.last, err = f.Log.LastIndex(); err != nil {
				n.t.Fatal(err)
			}
			for at := end.last; at > 0 && end.last-at < 32; at-- {
				var l raft.Log
				if err := f.Log.GetLog(at, &l); err != nil {
					break
				}
				end.entries[at] = &l
				end.term = max(end.term, l.Term)
			}
			ends[i] = end
		})
	}
	last, term := max(ends[a].last, ends[b].last), max(ends[a].term, ends[b].term)
	for _, one := range []struct {
		i, other int
		data     []byte
	}{{a, b, toA}, {b, a, toB}} {
		n.opened(one.i, func(f *recovery.Folder) {
			for at := ends[one.i].last + 1; at <= last; at++ {
				if err := f.Log.StoreLog(ends[one.other].entries[at]); err != nil {
					n.t.Fatal(err)
				}
			}
			command := ledger.EncodeCommand(ledger.Command{ProposedAt: time.Now().UnixMilli(), Statements: [][]byte{one.data}})
			if err := f.Log.StoreLog(&raft.Log{Index: last + 1, Term: term, Type: raft.LogCommand, Data: command}); err != nil {
				n.t.Fatal(err)
			}
		})
	}
}

// opened opens the stores of a stopped node.
func (n *network) opened(i int, do func(f *recovery.Folder)) {
	n.t.Helper()
	folder, done, err := node.OpenStopped(n.nodes[i].Config)
	if err != nil {
		n.t.Fatal(err)
	}
	do(folder)
	if err := done(); err != nil {
		n.t.Fatal(err)
	}
}

// returning looks at a stopped node, as before a return.
func (n *network) returning(i int, shown []byte, do func(*recovery.Folder, *recovery.ReturnView)) {
	n.t.Helper()
	n.opened(i, func(f *recovery.Folder) {
		v, err := f.LookReturn(n.t.Context(), nil, shown, time.Now().UnixMilli())
		if err != nil {
			n.t.Fatal(err)
		}
		do(f, v)
	})
}

// probed is a statement of region i that opens a probe, as its node would sign it.
func (n *network) probed(network string, i int) []byte {
	n.t.Helper()
	n.n++
	req, err := n.probe.Request(strconv.Itoa(n.n))
	if err != nil {
		n.t.Fatal(err)
	}
	r := n.Regions[i]
	body := statement.OpenBody{Procedure: req.Procedure, Fields: req.Fields}.Marshal()
	raw, _, err := statement.Sign(r.Statement, statement.Payload{
		Network: network, Kind: statement.KindRecordOpen, ID: statement.NewID(time.Now(), rand.Reader), Region: r.Code,
		At: statement.FormatAt(time.Now().Unix()), Actor: statement.Actor{Role: n.probe.Role, Org: r.Code + "-SJ", Person: "AAAAAAAAAAAAAAAAAAAAAA"},
		Request: statement.RequestDigest(body), Body: body,
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return raw
}

// Ensure a network that a leader has forked returns to its last final checkpoint under
// an order of its regions, with new keys and all that was said since; that nothing less
// than such an order moves a node; that a node which is stopped in the middle does not
// start, and is finished later; and that an auditor finds nothing final lost and every
// other checkpoint explained.
func TestForkReturned(t *testing.T) {
	n := found(t, genesis.ClockReal, time.Now().Add(-time.Hour))
	const a, b, absent = 0, 1, 2
	first := n.write(a)
	n.awaitFinal(*first.Index+1, a, b, absent)
	network := n.status(a).Network
	before := n.bundle(a)
	n.stop(absent) // from now on nothing becomes final
	voided := []v1.Receipt{n.write(a), n.write(b)}
	var published []byte
	n.await("a checkpoint of two regions", func(ctx context.Context) error {
		_, raw, err := get(ctx, n.LogURL(a)+"checkpoint")
		if err != nil {
			return err
		}
		note, err := n.keys.Open(raw)
		if err == nil && note.Size < *voided[1].Index+1 {
			err = fmt.Errorf("of %d leaves", note.Size)
		}
		published = raw
		return err
	})
	early, _, err := n.door(a, n.probe.Role).Receipt(t.Context(), voided[0].ID, client.ReceiptOptions{})
	if err != nil || early == nil {
		t.Fatalf("no receipt: %v", err)
	}
	n.stop(b)
	n.stop(a)
	told := [2][]byte{n.probed(network, absent), n.probed(network, absent)}
	n.forked(a, b, told[0], told[1])
	n.start(a)
	n.start(b)
	for _, i := range []int{a, b} {
		n.await("evidence of the fork", func(ctx context.Context) error {
			if n.status(i).Checkpoints.Stopped == "" {
				return errors.New("none yet")
			}
			return nil
		})
	}
	n.stop(a)
	n.stop(b)

	var plan statement.ReturnBody
	var size uint64 // of the final checkpoint
	n.returning(a, nil, func(f *recovery.Folder, v *recovery.ReturnView) {
		if v.Final == nil || v.Final.Size > *voided[0].Index || len(v.Forks) == 0 || v.Forks[0].Side == "short" {
			t.Fatalf("%+v", v)
		}
		size = v.Final.Size
		fates := map[string]string{}
		for _, e := range v.Void {
			fates[e.ID] = e.Fate
		}
		if fates[voided[0].ID] != recovery.FateAgain || fates[voided[1].ID] != recovery.FateAgain || len(v.Void) < 3 {
			t.Errorf("void entries: %+v", v.Void)
		}
		var err error
		if plan, err = v.Plan([]string{n.nodes[a].Node, n.nodes[b].Node, n.nodes[absent].Node}); err != nil {
			t.Fatal(err)
		}
	})
	sides := [3]string{plan.Side, "", statement.SideShort}
	n.returning(b, nil, func(f *recovery.Folder, v *recovery.ReturnView) {
		sides[b] = v.Forks[0].Side
		if err := f.JudgePlan(v, plan); err != nil {
			t.Errorf("the other node does not take the plan: %v", err)
		}
	})
	if sides[a] == sides[b] {
		t.Fatalf("no fork: both have the %s root", sides[a])
	}
	signed := func(body statement.ReturnBody, regions ...int) (lines []byte) {
		for _, i := range regions {
			body.Side = sides[i]
			lines = append(lines, n.governed(network, i, statement.KindReturn, body.Marshal())...)
		}
		return lines
	}
	n.refusedReturns(a, plan, signed)

	former := n.nodes[a].Keys
	order := signed(plan, a, b, absent)
	for _, i := range []int{a, b, absent} {
		order = append(order, n.renewed(network, i)...)
	}
	print := ""
	for _, i := range []int{a, b, absent} {
		n.returning(i, order, func(f *recovery.Folder, v *recovery.ReturnView) {
			o, err := f.JudgeReturn(v, order)
			if err != nil {
				t.Fatalf("node %d: %v", i, err)
			}
			if print != "" && o.Print() != print {
				t.Errorf("node %d goes on under %s, others under %s", i, o.Print(), print)
			}
			print = o.Print()
			if i != b {
				if err := f.Return(v, o); err != nil {
					t.Fatal(err)
				}
				return
			}
			// Power fails in the middle: where the new ledger is to be made there is no room.
			was := f.Scratch
			f.Scratch = filepath.Join(n.nodes[i].path, "nowhere")
			if err := f.Return(v, o); err == nil {
				t.Fatal("returned without room for a ledger")
			}
			f.Scratch = was
		})
		if i != b {
			continue
		}
		if _, err := node.New(n.nodes[i].Config); !errors.Is(err, recovery.ErrUnfinished) {
			t.Fatalf("a node in the middle of a return starts: %v", err)
		}
		n.opened(i, func(f *recovery.Folder) {
			for range 2 { // the second time there is nothing left to do
				if _, err := f.Resume(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	n.returning(a, nil, func(f *recovery.Folder, v *recovery.ReturnView) {
		if _, err := f.JudgeReturn(v, order); !errors.Is(err, recovery.ErrReturned) {
			t.Errorf("the same order again: %v", err)
		}
	})
	n.start(a) // alone it brings nothing onto the ledger
	impatient, err := client.New(client.Options{
		Base: n.PublicURL(a), Retry: client.Retry{Total: -1}, Token: func(context.Context) (string, error) {
			return n.Token(demo.Actor{Region: n.Regions[a].Code, Org: n.Regions[a].Code + "-SJ", Role: n.probe.Role, Person: "tester"})
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	request, err := n.probe.Request("held back")
	if err != nil {
		t.Fatal(err)
	}
	n.await("an answer that nothing new is taken", func(ctx context.Context) error {
		_, err := impatient.Open(ctx, client.NewKey(), request)
		if p := problem.Of(err); err == nil || p.Code != problem.Returning || p.RetryAfter() <= 0 {
			return fmt.Errorf("the answer to a new record: %w", err)
		}
		return nil
	})
	n.start(b)
	n.start(absent)
	for _, raw := range told {
		n.awaitAgain(a, raw)
	}
	for i, r := range voided {
		n.await("a void entry on the ledger again", func(ctx context.Context) error {
			got, err := n.door(i, n.probe.Role).Statement(ctx, r.ID, client.Read{})
			if err == nil && got.Status != v1.Committed {
				err = fmt.Errorf("it is %s", got.Status)
			}
			if err == nil && (got.Void == nil || got.Void.Index != *r.Index || got.Void.Order != size || *got.Index <= got.Void.Order) {
				t.Errorf("entry %d is void, and the answer says %+v", *r.Index, got)
			}
			return err
		})
	}
	var outcomes []byte
	_, outcomes, err = get(t.Context(), "http://"+n.nodes[a].Listen.Admin+"/voided")
	var listed []v1.VoidOutcome
	if err = errors.Join(err, json.Unmarshal(outcomes, &listed)); err != nil || len(listed) < 3 || slices.ContainsFunc(listed, func(o v1.VoidOutcome) bool { return o.Now == nil }) {
		t.Errorf("what became of the void entries: %s, %v", outcomes, err)
	}
	last := *n.write(absent).Index
	n.finalAgain(last+1, a, b, absent)
	n.awaitReady(a, b, absent)

	file := n.bundle(b)
	report := n.auditedWith(file, before, published)
	if report.Exit != audit.ExitPass {
		t.Errorf("an auditor's verdict: exit %d, %s", report.Exit, report.Verdict.EN)
	}
	if !slices.ContainsFunc(report.Findings, func(f audit.Finding) bool {
		return f.Code == audit.CodeGivenUp && f.Check == audit.CheckHistory && strings.Contains(f.EN, "--previous 2")
	}) {
		t.Errorf("the void checkpoint is not explained: %+v", report.Findings)
	}
	if !slices.ContainsFunc(n.auditedReceipt(file, early).Findings, func(f audit.Finding) bool {
		return f.Code == audit.CodeGivenUp && f.Result == audit.Pass && f.Check == audit.CheckOpenings && strings.Contains(f.EN, "is now entry")
	}) {
		t.Error("the holder of a void receipt is not told which entry its statement is now")
	}
	// A final checkpoint that the order would have given up: nobody may do that.
	taken := n.noted(n.origin(), size+1, merkle.Hash{9}, a, b, absent)
	if r := n.auditedWith(file, taken); r.Exit != audit.ExitFail || !strings.Contains(r.Verdict.EN, "what is final must stay") {
		t.Errorf("a final checkpoint was given up: exit %d, %s", r.Exit, r.Verdict.EN)
	}
	// Nobody can bring the order back later.
	n.stop(a)
	n.returning(a, nil, func(f *recovery.Folder, v *recovery.ReturnView) {
		if _, err := f.JudgeReturn(v, order); !errors.Is(err, recovery.ErrReturned) {
			t.Errorf("the order, once more: %v", err)
		}
		if err := f.JudgePlan(v, plan); !errors.Is(err, recovery.ErrFinal) {
			t.Errorf("its plan, when more is final: %v", err)
		}
	})
	// Whoever brings the old keys back signs nothing with them.
	n.nodes[a].Keys = former
	n.start(a)
	n.await("a node that says that its keys are ended", func(context.Context) error {
		if why := n.status(a).Checkpoints.Stopped; !strings.Contains(why, "ended by a return") {
			return fmt.Errorf("it says %q", why)
		}
		return nil
	})
}

// awaitAgain waits until a node has a statement on its ledger.
func (n *network) awaitAgain(i int, raw []byte) {
	n.t.Helper()
	st, err := statement.Parse(raw)
	if err != nil {
		n.t.Fatal(err)
	}
	at := slices.IndexFunc(n.Regions, func(r *devca.Region) bool { return r.Code == st.Region })
	n.await("a void entry of "+st.Region, func(ctx context.Context) error {
		got, err := n.door(at, n.probe.Role).Statement(ctx, st.ID, client.Read{})
		if err == nil && got.Status != v1.Committed {
			err = fmt.Errorf("it is %s", got.Status)
		}
		return err
	})
}

// finalAgain waits for a final checkpoint under the keys that nodes hold now.
func (n *network) finalAgain(size uint64, nodes ...int) {
	n.t.Helper()
	var list []checkpoint.Key
	for i, one := range n.nodes {
		for kind, path := range map[checkpoint.Kind]string{checkpoint.KindLog: one.Keys.Log, checkpoint.KindCosigner: one.Keys.Cosigner} {
			key, err := keyring.LoadFile(path)
			if err != nil {
				n.t.Fatal(err)
			}
			public := key.Public()
			list = append(list, checkpoint.NewKey(kind, n.origin(), n.Regions[i].Code, one.Node, public.Key))
		}
	}
	was := n.keys
	defer func() { n.keys = was }()
	var err error
	if n.keys, err = checkpoint.NewKeys(list); err != nil {
		n.t.Fatal(err)
	}
	n.awaitFinal(size, nodes...)
}

// auditedWith verifies a bundle with the key file of the beginning and what an auditor
// kept.
func (n *network) auditedWith(file []byte, kept ...[]byte) *audit.Report {
	n.t.Helper()
	list, err := n.Keys()
	if err != nil {
		n.t.Fatal(err)
	}
	o := audit.Options{File: bytes.NewReader(file), Size: int64(len(file)), Keys: list.Marshal(), TempDir: n.t.TempDir()}
	for _, one := range kept {
		note, err := audit.NoteOf(bytes.NewReader(one), int64(len(one)))
		if err != nil {
			n.t.Fatal(err)
		}
		o.Previous = append(o.Previous, note)
	}
	r, err := audit.Verify(n.t.Context(), o)
	if err != nil {
		n.t.Fatal(err)
	}
	return r
}

// auditedReceipt holds a receipt against a bundle.
func (n *network) auditedReceipt(file, receipt []byte) *audit.Report {
	n.t.Helper()
	list, err := n.Keys()
	if err != nil {
		n.t.Fatal(err)
	}
	r, err := audit.Verify(n.t.Context(), audit.Options{
		File: bytes.NewReader(file), Size: int64(len(file)), Keys: list.Marshal(), Receipts: [][]byte{receipt}, TempDir: n.t.TempDir(),
	})
	if err != nil {
		n.t.Fatal(err)
	}
	if r.Exit != audit.ExitPass {
		n.t.Errorf("with a void receipt: exit %d, %s", r.Exit, r.Verdict.EN)
	}
	return r
}

// refusedReturns has a node refuse what must not move it.
func (n *network) refusedReturns(i int, plan statement.ReturnBody, signed func(statement.ReturnBody, ...int) []byte) {
	n.t.Helper()
	n.returning(i, nil, func(f *recovery.Folder, known *recovery.ReturnView) {
		v, final := known, known.Final.Checkpoint
		other := n.noted(final.Origin, final.Size+9, merkle.Hash{1}, 0)
		for name, tc := range map[string]struct {
			order []byte
			want  error
		}{
			"one region":       {signed(plan, 0), recovery.ErrOrder},
			"one region twice": {append(signed(plan, 0), signed(plan, 0)...), recovery.ErrOrder},
			"both of one side": {bytes.Join([][]byte{signed(plan, 0), signed(plan, 2)}, nil), recovery.ErrOrder},
			"a fork of one node's making": {signed(changed(plan, func(b *statement.ReturnBody) {
				b.First, b.Second = n.noted(final.Origin, final.Size+1, merkle.Hash{1}, 2), n.noted(final.Origin, final.Size+1, merkle.Hash{2}, 2)
			}), 0, 1), recovery.ErrOrder},
			"another fork": {signed(changed(plan, func(b *statement.ReturnBody) {
				b.First, b.Second, b.Void = other, n.noted(final.Origin, final.Size+9, merkle.Hash{2}, 1), final.Size+9
			}), 0, 1), recovery.ErrOrder},
			"a checkpoint of two regions": {signed(changed(plan, func(b *statement.ReturnBody) {
				b.Checkpoint = n.noted(final.Origin, final.Size, final.Root, 0, 1)
			}), 0, 1), recovery.ErrOrder},
			"another final checkpoint": {signed(changed(plan, func(b *statement.ReturnBody) {
				b.Checkpoint = n.noted(final.Origin, final.Size, merkle.Hash{7}, 0, 1, 2)
			}), 0, 1), recovery.ErrFinal},
			"an earlier final checkpoint": {signed(changed(plan, func(b *statement.ReturnBody) {
				b.Checkpoint = n.noted(final.Origin, 1, merkle.Hash{3}, 0, 1, 2)
			}), 0, 1), recovery.ErrFinal},
			"less than the fork":    {signed(changed(plan, func(b *statement.ReturnBody) { b.Void = v.Forks[0].Size - 1 }), 0, 1), recovery.ErrOrder},
			"from before":           {signed(changed(plan, func(b *statement.ReturnBody) { b.Term = v.Term }), 0, 1), recovery.ErrOrder},
			"without this node":     {signed(changed(plan, func(b *statement.ReturnBody) { b.Nodes = b.Nodes[1:] }), 0, 1), recovery.ErrOrder},
			"of one region's nodes": {signed(changed(plan, func(b *statement.ReturnBody) { b.Nodes = b.Nodes[:1] }), 0, 1), recovery.ErrOrder},
			"different plans":       {bytes.Join([][]byte{signed(plan, 0), signed(changed(plan, func(b *statement.ReturnBody) { b.Index++ }), 1)}, nil), recovery.ErrOrder},
			"another kind":          {append(signed(plan, 0, 1), n.governed(f.Genesis.Network(), 0, statement.KindKeyRevoke, statement.KeyBody{Key: "log-a", Reason: "replaced"}.Marshal())...), recovery.ErrOrder},
			"keys of before":        {append(signed(plan, 0, 1), n.strange(f, 0)...), recovery.ErrOrder},
		} {
			if _, err := f.JudgeReturn(v, tc.order); !errors.Is(err, tc.want) {
				n.t.Errorf("%s: %v, want %v", name, err, tc.want)
			} else if strings.Contains(err.Error(), "\n") {
				n.t.Errorf("%s: more than a line: %v", name, err)
			}
		}
		further := *v
		further.Most++
		if _, err := f.JudgeReturn(&further, signed(plan, 0, 1)); !errors.Is(err, recovery.ErrOrder) {
			n.t.Errorf("a longer tree is known elsewhere: %v", err)
		}
	})
}

func changed(b statement.ReturnBody, f func(*statement.ReturnBody)) statement.ReturnBody {
	f(&b)
	return b
}

// strange registers keys for a node that its configuration does not name.
func (n *network) strange(f *recovery.Folder, i int) []byte {
	n.t.Helper()
	key, err := keyring.Generate(keyring.EdDSA, keyring.UseLog, "strange")
	if err != nil {
		n.t.Fatal(err)
	}
	network := f.Genesis.Network()
	proven, err := statement.Prove(key, network, n.Regions[i].Code, f.Node)
	if err != nil {
		n.t.Fatal(err)
	}
	return n.governed(network, i, statement.KindKeyAdd, statement.KeyAddBody{Proven: proven, Node: f.Node, Active: true}.Marshal())
}

// noted is a checkpoint of any tree under the keys of some regions' nodes.
func (n *network) noted(origin string, size uint64, root merkle.Hash, regions ...int) []byte {
	n.t.Helper()
	note := checkpoint.NewNote(checkpoint.Checkpoint{Origin: origin, Size: size, Root: root})
	for _, i := range regions {
		one := n.Regions[i].Nodes[0]
		log, _ := n.keys.Of(n.Regions[i].Code, one.ID, checkpoint.KindLog)
		cosigner, _ := n.keys.Of(n.Regions[i].Code, one.ID, checkpoint.KindCosigner)
		signed, err1 := checkpoint.SignLog(note.Checkpoint, log, one.Log)
		cosigned, err2 := checkpoint.Cosign(note.Checkpoint, cosigner, one.Cosigner, time.Now().Unix())
		if err := errors.Join(err1, err2, note.Merge(checkpoint.NewNote(note.Checkpoint, signed, cosigned))); err != nil {
			n.t.Fatal(err)
		}
	}
	return note.Marshal()
}
