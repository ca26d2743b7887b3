package checkpoint

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/transparency-dev/formats/witness"
)

// TestGrades: every subset of the four nodes cosigns; the third region has two
// of them. What is final here satisfies the policy text with the parser that
// others wrote, and nothing else does.
func TestGrades(t *testing.T) {
	for final, want := range map[string][4]Grade{ // by number of regions
		"all": {GradeCommitted, GradeCommitted, GradePublished, GradeFinal},
		"2":   {GradeCommitted, GradeCommitted, GradeFinal, GradeFinal},
	} {
		n := newNetwork(t)
		n.genesis.Final = final
		p := PolicyOf(n.genesis)
		text, err := MarshalPolicy(n.genesis)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := witness.ParsePolicy(text)
		if err != nil {
			t.Fatalf("formats/witness refuses the policy: %v\n%s", err, text)
		}
		c := sample()
		for subset := range 1 << len(n.nodes) {
			note := NewNote(c, n.logs(t, c, n.nodes[0]))
			var regions []string
			for i, m := range n.nodes {
				if subset>>i&1 == 1 {
					note.add(n.cosigns(t, c, m, at))
					regions = append(regions, m.region)
				}
			}
			regions = slices.Compact(regions)
			if got := note.CosignedBy(); !slices.Equal(got, regions) {
				t.Errorf("subset %b: cosigned by %v, want %v", subset, got, regions)
			}
			got := p.Grade(note)
			if got != want[len(regions)] {
				t.Errorf("final %s, regions %v: grade %s, want %s", final, regions, got, want[len(regions)])
			}
			if theirs.Satisfied(note.Marshal()) != (got == GradeFinal) {
				t.Errorf("final %s, regions %v: others see final = %v", final, regions, got != GradeFinal)
			}
		}
	}
}

// TestPolicyText holds what C2SP tlog-policy demands and formats/witness does
// not check, and that a witness's door is where the policy says.
func TestPolicyText(t *testing.T) {
	n := newNetwork(t)
	text, err := MarshalPolicy(n.genesis)
	if err != nil {
		t.Fatal(err)
	}
	defined := map[string]bool{}
	logs, quorums := 0, 0
	members := map[string]int{}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		switch f[0] {
		case "#":
		case "log":
			logs++
			if k, err := ParseVKey(f[1]); err != nil || k.Kind != KindLog || k.Name != origin || len(f) != 3 {
				t.Errorf("%q: %v", line, err)
			}
		case "witness":
			k, err := ParseVKey(f[2])
			if err != nil || k.Kind != KindCosigner || f[1] != k.Region+"/"+k.Node || len(f) != 4 {
				t.Errorf("%q: %v", line, err)
			}
			node, _ := n.genesis.Node(k.Node)
			if f[3] != node.Public+"/log" {
				t.Errorf("%s has its door at %s", k.Node, f[3])
			}
			defined[f[1]] = true
		case "group":
			for _, m := range f[3:] {
				if members[m]++; !defined[m] || members[m] > 1 {
					t.Errorf("%q: %s is not defined before, or a member twice", line, m)
				}
			}
			defined[f[1]] = true
		case "quorum":
			if quorums++; !defined[f[1]] {
				t.Errorf("%q: not defined before", line)
			}
		default:
			t.Errorf("unknown line %q", line)
		}
	}
	if logs != len(n.nodes) || quorums != 1 || len(members) != len(n.nodes)+3 {
		t.Errorf("%d logs, %d quorums, %d members in\n%s", logs, quorums, len(members), text)
	}
	theirs, err := witness.ParsePolicy(text)
	if err != nil {
		t.Fatal(err)
	}
	for url, v := range theirs.Endpoints() {
		if !strings.HasSuffix(url, "/log/add-checkpoint") || !bytes.Contains(text, []byte(v.Name())) {
			t.Errorf("endpoint %s of %s", url, v.Name())
		}
	}
	n.genesis.Regions[0].Nodes[0].Log.Key = nil
	_, err = MarshalPolicy(n.genesis)
	wantErr(t, "a node without a key", err, ErrKey)
}

func TestPolicyOfZero(t *testing.T) {
	n := newNetwork(t)
	note := n.signed(t, sample(), n.nodes...)
	if g := (Policy{Origin: origin, Regions: n.policy.Regions}).Grade(note); g != GradeCommitted {
		t.Errorf("a policy without numbers gives %q", g)
	}
	if g := (Policy{Origin: origin, Published: 1, Final: 1}).Grade(note); g != GradeCommitted {
		t.Errorf("a policy without regions gives %q", g)
	}
}
