package ledger_test

import (
	"reflect"
	"slices"
	"testing"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

// nodeBody is a further node of a region with keys of its own.
func (w *world) nodeBody(region, letter string) statement.NodeAddBody {
	id := region + "-" + letter
	return statement.NodeAddBody{
		Node: id, Peer: id + ".example:9011", Gossip: id + ".example:7011", Public: "https://" + id + ".example",
		Log: w.prove(region, id, w.key(keyring.UseLog, "log-"+letter)), Cosigner: w.prove(region, id, w.key(keyring.UseCosigner, "cos-"+letter)),
	}
}

func (w *world) addNode(region, letter string) []byte {
	return w.govern(region, statement.KindNodeAdd, w.nodeBody(region, letter).Marshal())
}

func (w *world) removeNode(by, node string) []byte {
	return w.govern(by, statement.KindNodeRemove, statement.NodeRemoveBody{Node: node, Reason: "compromised"}.Marshal())
}

// roster is the ids of a region's standing nodes.
func (r *replica) roster(region string) (ids []string) {
	for _, n := range r.l.Roster().Genesis.Region(region).Nodes {
		ids = append(ids, n.ID)
	}
	return ids
}

func (r *replica) final() (regions []string, need int) {
	p := checkpoint.PolicyOf(r.l.Roster().Genesis)
	return p.Regions, p.Final
}

// Ensure a region adds a node, which then has its keys, and removes the old one;
// and that memory, storage and a full verification agree on it.
func TestNodeReplaced(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	if got := r.refused(w.removeNode(beijing, "110000-a")); got != ledger.CodeLastNode {
		t.Fatalf("the only node: %s", got)
	}
	body := w.nodeBody(beijing, "b")
	added := r.commit(w.govern(beijing, statement.KindNodeAdd, body.Marshal()))
	r.commit(w.removeNode(beijing, "110000-a"))
	for _, r := range []*replica{r, r.restart()} {
		if got := r.roster(beijing); !slices.Equal(got, []string{"110000-b"}) {
			t.Errorf("the roster has %v", got)
		}
		roster := r.l.Roster()
		if stored, err := r.l.RosterIn(r.mem); err != nil || !reflect.DeepEqual(stored.Genesis, roster.Genesis) {
			t.Errorf("the storage has another roster: %v", err)
		}
		if len(roster.Gone) != 1 || roster.Gone["110000-a"] != beijing {
			t.Errorf("gone are %v", roster.Gone)
		}
		n, region := roster.Genesis.Node("110000-b")
		if region == nil || region.Code != beijing || n.Peer != body.Peer || n.Gossip != body.Gossip || n.Public != body.Public || n.Voter ||
			!n.Log.Equal(body.Log.Key) || !n.Cosigner.Equal(body.Cosigner.Key) {
			t.Errorf("the roster's node is %+v", n)
		}
		if _, has := roster.Keys.Of(beijing, "110000-b", checkpoint.KindCosigner); !has {
			t.Error("the new node's cosignature does not count")
		}
		if _, has := roster.Keys.Of(beijing, "110000-a", checkpoint.KindCosigner); has {
			t.Error("the removed node's cosignature counts")
		}
		if n, region, err := r.l.RemovedIn(r.mem, "110000-a"); err != nil || region != beijing || !n.Log.Equal(w.signed.Region(beijing).Nodes[0].Log) {
			t.Errorf("the removed node is %+v of %s, %v", n, region, err)
		}
		if n, _, err := r.l.RemovedIn(r.mem, "110000-b"); err != nil || n != nil {
			t.Errorf("a standing node is removed: %+v, %v", n, err)
		}
		if _, has := roster.Ever.Of(beijing, "110000-a", checkpoint.KindLog); !has {
			t.Error("what the removed node signed is no evidence any more")
		}
		nodes, err := r.books().Nodes()
		if err != nil || len(nodes) != len(regions)+1 || nodes[0].ID != "110000-a" || nodes[0].Standing() || nodes[1].Added != added.Index+1 {
			t.Errorf("the nodes are %+v, %v", nodes, err)
		}
		if list, need := r.final(); need != len(regions) || !slices.Equal(list, regions) {
			t.Errorf("final needs %d of %v", need, list)
		}
	}
	r.check()
}

// Ensure one other region cannot remove a node, all others can, and finality then
// asks for those that are left.
func TestNodeRemovedByOthers(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	r.commit(w.removeNode(beijing, "130000-a"))
	r = r.restart()
	if n := r.l.Node("130000-a"); !n.Standing() || !slices.Equal(n.Against, []string{beijing}) {
		t.Fatalf("after one vote: %+v", n)
	}
	if got := r.refused(w.removeNode(beijing, "130000-a")); got != ledger.CodeNodeVoted {
		t.Errorf("voted twice: %s", got)
	}
	if _, need := r.final(); need != len(regions) {
		t.Errorf("one vote changed what final needs to %d", need)
	}
	r.commit(w.removeNode(tianjin, "130000-a"))
	r.check()
	for _, r := range []*replica{r, r.restart()} {
		if n := r.l.Node("130000-a"); n.Standing() {
			t.Fatalf("after all votes: %+v", n)
		}
		if list, need := r.final(); need != 2 || !slices.Equal(list, []string{beijing, tianjin}) {
			t.Errorf("final needs %d of %v", need, list)
		}
		if state, err := r.books().KeyState(hebei, "cos-a"); err != nil || state != keyring.StateRevoked {
			t.Errorf("its cosigner key is %s, %v", state, err)
		}
	}
	for _, tc := range []struct {
		name string
		raw  []byte
		want ledger.Code
	}{
		{"the last node but one region", w.removeNode(beijing, "120000-a"), ledger.CodeNodeQuorum},
		{"removed again", w.removeNode(hebei, "130000-a"), ledger.CodeNodeGone},
		{"a key for it", w.addKey(hebei, w.key(keyring.UseLog, "log-z"), "130000-a", true), ledger.CodeNodeGone},
	} {
		if got := r.refused(tc.raw); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
	r.commit(w.addNode(hebei, "b")) // with a machine that the others have no word against
	if list, need := r.final(); need != len(regions) || !slices.Equal(list, regions) {
		t.Errorf("with a new node final needs %d of %v", need, list)
	}
	r.check()
}

// Ensure a day is sealed by the regions that still have nodes, and by no fewer.
func TestSealAfterRemoval(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	r.commit(w.removeNode(beijing, "130000-a"))
	r.commit(w.removeNode(tianjin, "130000-a"))
	w.now += day
	body := r.sealBody("2025-11-03")
	size := r.standing().Size
	body.Checkpoint = r.noted(size, beijing).Marshal()
	if got := r.refused(w.seal(beijing, body)); got != ledger.CodeSealNote {
		t.Errorf("one region: %s", got)
	}
	body.Checkpoint = r.noted(size, beijing, hebei).Marshal()
	if got := r.refused(w.seal(beijing, body)); got != ledger.CodeSealNote {
		t.Errorf("with the removed node's cosignature: %s", got)
	}
	body.Checkpoint = r.noted(size, beijing, tianjin).Marshal()
	r.commit(w.seal(beijing, body))
	r.check()
}

// Ensure what a node may not be is refused, and leaves nothing.
func TestNodeRefusals(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	r.commit(w.addNode(beijing, "b"))
	add := func(region, letter string, change func(*statement.NodeAddBody)) []byte {
		body := w.nodeBody(region, letter)
		change(&body)
		return w.govern(region, statement.KindNodeAdd, body.Marshal())
	}
	first := w.signed.Genesis.Region(tianjin).Nodes[0]
	for _, tc := range []struct {
		name string
		raw  []byte
		want ledger.Code
	}{
		{"an id of genesis", w.addNode(tianjin, "a"), ledger.CodeNodeTaken},
		{"another region's id", add(tianjin, "c", func(b *statement.NodeAddBody) { b.Node = "110000-b" }), ledger.CodeNodeTaken},
		{"another region's peer address", add(beijing, "c", func(b *statement.NodeAddBody) { b.Peer = first.Peer }), ledger.CodeNodeAddress},
		{"another region's gossip address", add(beijing, "c", func(b *statement.NodeAddBody) { b.Gossip = first.Gossip }), ledger.CodeNodeAddress},
		{"proofs for another node", add(beijing, "c", func(b *statement.NodeAddBody) { b.Node = "110000-d" }), ledger.Code(statement.CodeProof)},
		{"the key of a node that is there", add(tianjin, "c", func(b *statement.NodeAddBody) {
			b.Log = w.prove(tianjin, b.Node, w.seeded(w.seeds-1, keyring.UseLog, "log-x"))
			b.Cosigner = w.prove(tianjin, b.Node, w.seeded(w.seeds-1, keyring.UseCosigner, "cos-x"))
		}), ledger.CodeKeyTwice},
		{"a key id that is taken", add(beijing, "b", func(b *statement.NodeAddBody) {
			b.Node = "110000-e"
			b.Log = w.prove(beijing, b.Node, w.key(keyring.UseLog, "log-b"))
		}), ledger.CodeKeyTaken},
		{"an unknown node removed", w.removeNode(beijing, "110000-z"), ledger.CodeNode},
		{"a key for another region's node", w.addKey(tianjin, w.key(keyring.UseLog, "log-y"), "110000-b", true), ledger.CodeForeign},
		{"added with the statement key", w.forge(w.keys[tianjin], w.payload(tianjin, statement.KindNodeAdd, statement.RoleGovernance, w.nodeBody(tianjin, "c").Marshal())), ledger.CodeKeyUse},
	} {
		if got := r.refused(tc.raw); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
	for letter := 'c'; len(r.roster(beijing)) < 9; letter++ {
		r.commit(w.addNode(beijing, string(letter)))
	}
	if got := r.refused(w.addNode(beijing, "z")); got != ledger.CodeFull {
		t.Errorf("a tenth node: %s", got)
	}
	r.check()
}
