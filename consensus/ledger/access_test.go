package ledger_test

import (
	"reflect"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

func headBody(log, size uint64, root byte, reason string) statement.AccessHeadBody {
	return statement.AccessHeadBody{Node: "110000-a", Log: log, Size: size, Root: strings.Repeat(string(root), 42) + "A", Reason: reason}
}

func (w *world) accessHead(region string, body statement.AccessHeadBody) []byte {
	raw, _ := w.exchange(region, statement.KindAccessHead, body.Marshal())
	return raw
}

// Ensure that the heads of an access log only go forward, that every one of them is
// kept, and that all of it survives a restart and a full verification.
func TestAccessHead(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	var want []*ledger.AccessHead
	for _, body := range []statement.AccessHeadBody{headBody(1, 3, 'A', ""), headBody(1, 9, 'B', ""), headBody(2, 1, 'C', "lost"), headBody(2, 2, 'D', "")} {
		res := r.commit(w.accessHead(beijing, body))
		want = append(want, &ledger.AccessHead{AccessHeadBody: body, Region: beijing, Leaf: res.Index})
	}
	other := headBody(1, 4, 'E', "")
	other.Node = "120000-a"
	res := r.commit(w.accessHead(tianjin, other))
	r = r.restart()
	if got, err := r.books().AccessHeads("110000-a"); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("heads %+v, %v; want %+v", got, err, want)
	}
	last := []*ledger.AccessHead{want[3], {AccessHeadBody: other, Region: tianjin, Leaf: res.Index}}
	if got, err := r.books().LastAccessHeads(); err != nil || !reflect.DeepEqual(got, last) {
		t.Errorf("last heads %+v, %v; want %+v", got, err, last)
	}
	if got, err := r.books().AccessHead("130000-a"); err != nil || got != nil {
		t.Errorf("Hebei's head %+v, %v", got, err)
	}
	r.check()
}

// Ensure a head that takes back, contradicts, repeats or jumps is refused, and so is
// one for another region's node.
func TestAccessHeadRefusals(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	refuse := func(want ledger.Code, raw []byte) {
		t.Helper()
		if got := r.refused(raw); got != want {
			t.Errorf("refused with %q, want %q", got, want)
		}
	}
	refuse(ledger.CodeAccessLog, w.accessHead(beijing, headBody(2, 3, 'A', "")))
	refuse(ledger.CodeAccessLog, w.accessHead(beijing, headBody(1, 3, 'A', "lost")))
	r.commit(w.accessHead(beijing, headBody(1, 3, 'A', "")))
	refuse(ledger.CodeAccessShort, w.accessHead(beijing, headBody(1, 2, 'B', "")))
	refuse(ledger.CodeAccessFork, w.accessHead(beijing, headBody(1, 3, 'B', "")))
	refuse(ledger.CodeAccessKnown, w.accessHead(beijing, headBody(1, 3, 'A', "")))
	refuse(ledger.CodeAccessLog, w.accessHead(beijing, headBody(2, 1, 'B', "")))
	refuse(ledger.CodeAccessLog, w.accessHead(beijing, headBody(3, 4, 'B', "")))
	refuse(ledger.CodeNode, w.accessHead(tianjin, headBody(1, 9, 'B', "")))
	nobody := headBody(1, 9, 'B', "")
	nobody.Node = "110000-z"
	refuse(ledger.CodeNode, w.accessHead(beijing, nobody))
	refuse(ledger.Code(statement.CodeForm), w.accessHead(beijing, statement.AccessHeadBody{Node: "110000-a", Log: 1, Root: strings.Repeat("A", 43)}))
	r.commit(w.accessHead(beijing, headBody(3, 1, 'B', "restored"))) // the second was damaged before anybody anchored it
	refuse(ledger.CodeAccessLog, w.accessHead(beijing, headBody(2, 10, 'B', "lost")))
	refuse(ledger.CodeAccessLog, w.accessHead(beijing, headBody(1, 10, 'B', "")))
	r.check()
}
