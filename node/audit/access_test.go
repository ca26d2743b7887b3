package audit

import (
	"math/rand/v2"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/bundle/bundletest"
	"sandi.internal/gateway/consensus/statement"
)

func headOfLog(log, size uint64, root byte, reason string) statement.AccessHeadBody {
	return statement.AccessHeadBody{Node: "110000-a", Log: log, Size: size, Root: strings.Repeat(string(root), 42) + "A", Reason: reason}
}

// Ensure that heads of access logs are judged again, and that one which takes back,
// contradicts or jumps is found, even when all regions have signed the outcome.
func TestAccessHeads(t *testing.T) {
	w, err := bundletest.New("assistance")
	must(t, err)
	head := func(region string, body statement.AccessHeadBody) statement.Payload {
		return w.Payload(region, statement.KindAccessHead, statement.RoleNode, body.Marshal())
	}
	for _, body := range []statement.AccessHeadBody{headOfLog(1, 3, 'A', ""), headOfLog(1, 7, 'B', ""), headOfLog(2, 4, 'C', "lost")} {
		raw, err := w.SignStatement(head("110000", body))
		must(t, err)
		_, err = w.Commit(raw)
		must(t, err)
	}
	f := finish(t, w, 20)
	honest := f.forge(t)
	if r := f.verify(t, honest.file(t)); r.Exit != ExitPass {
		t.Fatalf("what nobody changed: %s", show(r))
	}
	// An entry that is put behind the others has the state digest of the one before.
	// So the rules' own finding says whether they let a head through.
	broken := func(p statement.Payload) Code {
		forged := honest.clone(rand.New(rand.NewPCG(1, 1)))
		forged.add(t, p)
		r := f.verify(t, forged.file(t))
		found := r.first(func(found *Finding) bool { return found.Result == Fail && found.Check == 5 })
		if r.Exit != ExitFail || found == nil || !names(r, forged.touched, false) {
			t.Fatalf("exit %d: %s", r.Exit, show(r))
		}
		return found.Code
	}
	if code := broken(head("110000", headOfLog(2, 5, 'D', ""))); code != CodeState {
		t.Errorf("a head that grows: %s", code)
	}
	for name, p := range map[string]statement.Payload{
		"shorter":              head("110000", headOfLog(2, 3, 'D', "")),
		"another root":         head("110000", headOfLog(2, 4, 'D', "")),
		"the same":             head("110000", headOfLog(2, 4, 'C', "")),
		"an ended log":         head("110000", headOfLog(1, 9, 'D', "")),
		"another log, no word": head("110000", headOfLog(3, 9, 'D', "")),
		"another's node":       head("120000", headOfLog(2, 9, 'D', "")),
	} {
		if code := broken(p); code != CodeRules {
			t.Errorf("%s: %s", name, code)
		}
	}
}
