package witness_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/replica/clustertest"
	"sandi.internal/gateway/consensus/witness"
)

// Ensure a signed checkpoint of another history is evidence on all honest nodes,
// however it is shown: to one node only, as a head, published or final, cosigned
// or not, handed on, or shown to a witness.
func TestLiarForks(t *testing.T) {
	t.Parallel()
	fork := func(n *network, liar *clustertest.Node) *checkpoint.Note {
		return n.cosigned(liar, n.checkpoint(7, 0x66), n.Clock().Unix())
	}
	for name, show := range map[string]func(n *network, liar, to *clustertest.Node){
		"as its head": func(n *network, liar, to *clustertest.Node) {
			n.lie(liar, lies{pull: func(asker string, truth witness.Pulled) witness.Pulled {
				if asker == to.ID { // the other one is told the truth
					truth.Head = string(n.signed(liar, n.checkpoint(7, 0x66)).Marshal())
				}
				return truth
			}})
		},
		"as what it shows everybody": func(n *network, liar, to *clustertest.Node) {
			n.lie(liar, lies{pull: func(asker string, truth witness.Pulled) witness.Pulled {
				if asker == to.ID {
					truth.Published, truth.Final = string(fork(n, liar).Marshal()), string(fork(n, liar).Marshal())
				}
				return truth
			}})
		},
		"once, before the victim is there": func(n *network, liar, to *clustertest.Node) {
			var once atomic.Bool
			n.lie(liar, lies{pull: func(asker string, truth witness.Pulled) witness.Pulled {
				if asker != to.ID || !once.CompareAndSwap(false, true) {
					return truth
				}
				truth.Head = string(n.signed(liar, n.checkpoint(1<<40, 0x66)).Marshal()) // and hides it behind another
				truth.Published = string(n.cosigned(liar, n.checkpoint(12, 0x66), n.Clock().Unix()).Marshal())
				return truth
			}})
			n.Await("the lie", once.Load)
			n.Fill(n.Leader(), 5)
		},
		"handed on": func(n *network, liar, to *clustertest.Node) {
			err := peersOf{n, n.Cluster, liar.ID}.PushNote(n.t.Context(), to.ID, fork(n, liar).Marshal())
			if !errors.Is(err, witness.ErrForked) {
				n.t.Errorf("took a fork: %v", err)
			}
		},
		"to be cosigned": func(n *network, liar, to *clustertest.Node) {
			at := n.at(to).State().Size
			request := checkpoint.AddRequest{Old: at, Note: n.signed(liar, n.checkpoint(at, 0x66)).Marshal()}.Marshal()
			if a := n.at(to).AddCheckpoint(n.t.Context(), liar.ID, request); a.Status != witness.StatusInconsistent {
				n.t.Errorf("answered %d %s", a.Status, a.Body)
			}
		},
		"to a stranger": func(n *network, liar, to *clustertest.Node) { // who shows it to a witness
			request := checkpoint.AddRequest{Note: fork(n, liar).Marshal()}.Marshal()
			if a := n.at(to).AddCheckpoint(n.t.Context(), "", request); a.Status != witness.StatusInconsistent {
				n.t.Errorf("answered %d %s", a.Status, a.Body)
			}
		},
		"as two of its own notes": func(n *network, liar, to *clustertest.Node) { // of a size that nobody reaches
			one, other := n.signed(liar, n.checkpoint(1<<30, 1)), n.signed(liar, n.checkpoint(1<<30, 2))
			e := fmt.Sprintf(`{"format":"sandi-evidence/1","why":"","seen":0,"from":"","first":%q,"second":%q}`, one.Marshal(), other.Marshal())
			if err := n.at(to).AcceptEvidence(liar.ID, []byte(e)); err != nil {
				n.t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNetwork(t, 44)
			liar := n.Leader()
			if len(name)%2 == 0 { // some lie as leaders, some as followers: it makes no difference
				liar = n.Followers()[1]
			}
			n.Fill(n.Leader(), 10)
			n.healthy(10)
			honest := n.honest(liar)
			show(n, liar, honest[0])
			n.awaitExposed(liar, honest...)
			leader := n.Leader()
			n.Fill(leader, 5) // writes go on; nothing of it becomes final
			want := size(leader)
			for _, node := range honest {
				n.Await("the write", func() bool { return size(node) >= want })
				if s := n.at(node).State(); s.Size >= want {
					t.Errorf("%s: cosigned %d leaves with a fork unresolved", node.ID, s.Size)
				}
			}
			n.checkFinal()
		})
	}
}

// Ensure evidence outlives a restart and a power cut and goes on stopping the
// cosigner, until the operators have named each piece; then everything becomes
// final again, the evidence stays on show, and the next fork stops all again.
func TestEvidenceStays(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 53)
	n.Fill(n.Leader(), 10)
	n.healthy(10)
	liar := n.Followers()[1]
	honest := n.honest(liar)
	tell := func(root byte) {
		t.Helper()
		err := peersOf{n, n.Cluster, liar.ID}.PushNote(t.Context(), honest[0].ID, n.signed(liar, n.checkpoint(7, root)).Marshal())
		if !errors.Is(err, witness.ErrForked) {
			t.Fatal(err)
		}
		n.Await("the alarm everywhere", func() bool {
			return !slices.ContainsFunc(n.Nodes, func(node *clustertest.Node) bool { return !errors.Is(n.at(node).Trouble(), witness.ErrFork) })
		})
	}
	tell(0x66)
	n.Stop(honest[0])
	n.Start(honest[0])
	n.Crash(honest[1], 0)
	n.Start(honest[1])
	n.Fill(n.Leader(), 5)
	for _, node := range honest {
		if w := n.at(node); !errors.Is(w.Trouble(), witness.ErrFork) || w.State().Size > 10 {
			t.Errorf("%s: after a restart %v, cosigned %d leaves", node.ID, w.Trouble(), w.State().Size)
		}
	}
	n.mu.Lock()
	seen := map[string]bool{}
	for _, p := range n.nodes {
		for _, e := range p.Evidence() {
			if !seen[e.ID] {
				seen[e.ID] = true
				n.dealt = append(n.dealt, e.ID)
			}
		}
	}
	n.mu.Unlock()
	for _, node := range n.Nodes {
		n.Stop(node)
		n.Start(node)
	}
	n.awaitFinal(15)
	n.checkFinal()
	for _, node := range n.Nodes {
		if e := n.at(node).Evidence(); len(e) == 0 || slices.ContainsFunc(e, func(e witness.Evidence) bool { return !e.Resolved }) {
			t.Errorf("%s shows %+v", node.ID, e)
		}
	}
	tell(0x67)
}

// Ensure a cosignature that does not hold is not merged, is not shown, and is
// told to the operator; the note of the others is not spoilt by it.
func TestLiarCosignsFalsely(t *testing.T) {
	t.Parallel()
	type lines func(n *network, liar *clustertest.Node, c checkpoint.Checkpoint) []byte
	for name, lie := range map[string]struct {
		lines lines
		false bool // what came does not hold; else there is no cosignature in it
	}{
		"a changed byte": {func(n *network, liar *clustertest.Node, c checkpoint.Checkpoint) []byte {
			s := n.cosignature(liar, c, n.Clock().Unix())
			s.Raw[20] ^= 1
			return s.Line()
		}, true},
		"of another tree": {func(n *network, liar *clustertest.Node, c checkpoint.Checkpoint) []byte {
			c.Root[0] ^= 1
			return n.cosignature(liar, c, n.Clock().Unix()).Line()
		}, true},
		"its own, and an old one of another": {func(n *network, liar *clustertest.Node, c checkpoint.Checkpoint) []byte {
			old := n.cosignature(n.honest(liar)[0], n.checkpoint(5, 0x66), n.Clock().Unix())
			return append(n.cosignature(liar, c, n.Clock().Unix()).Line(), old.Line()...)
		}, true},
		"nothing": {func(*network, *clustertest.Node, checkpoint.Checkpoint) []byte { return nil }, true},
		"noise":   {func(*network, *clustertest.Node, checkpoint.Checkpoint) []byte { return []byte("— noise\n\n\x00") }, true},
		"10,000 lines": {func(*network, *clustertest.Node, checkpoint.Checkpoint) []byte {
			return bytes.Repeat([]byte("— a AAAA\n"), 10_000)
		}, true},
		"its log's alone": {func(n *network, liar *clustertest.Node, c checkpoint.Checkpoint) []byte {
			return n.signed(liar, c).Signatures[0].Line()
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNetwork(t, 45)
			n.Fill(n.Leader(), 10)
			n.healthy(10)
			leader, liar, other := n.Leader(), n.Followers()[0], n.Followers()[1]
			n.lie(liar, lies{
				pull: func(string, witness.Pulled) witness.Pulled { return witness.Pulled{} },
				add: func(_ string, request []byte, truth witness.Answer) witness.Answer {
					req, err := checkpoint.ParseAddRequest(request)
					if err != nil {
						return truth
					}
					note, err := n.keys().Open(req.Note)
					if err != nil {
						return truth
					}
					return witness.Answer{Status: witness.StatusCosigned, Media: truth.Media, Body: lie.lines(n, liar, note.Checkpoint)}
				},
			})
			n.CutRaft(liar) // it does not come to lead: its own requests are honest
			n.Fill(leader, 5)
			n.Await("a note of the two others", func() bool {
				for _, node := range []*clustertest.Node{leader, other} {
					p := n.at(node).Board().Published()
					if p.Size < 15 || len(p.CosignedBy()) != 2 || slices.Contains(p.CosignedBy(), liar.Region) {
						return false
					}
				}
				return true
			})
			caught, missed := "node "+liar.ID+" sent a signature that does not hold", "not cosigned by "+liar.ID
			n.Await("warnings of both, of what came by whoever asked", func() bool {
				asked := 0
				for _, node := range []*clustertest.Node{leader, other} {
					switch err := n.at(node).Warning(); {
					case err != nil && lie.false && strings.Contains(err.Error(), caught):
						asked++
					case err == nil || !strings.Contains(err.Error(), missed):
						return false
					}
				}
				return !lie.false || asked > 0
			})
			for _, node := range n.honest(liar) {
				if final := n.at(node).Board().Final(); final.Size > 10 {
					t.Errorf("%s: %d leaves are final", node.ID, final.Size)
				}
				if _, err := n.keys().Open(n.at(node).Board().Published().Marshal()); err != nil {
					t.Errorf("%s: what is shown is spoilt: %v", node.ID, err)
				}
			}
			n.checkFinal()
			n.lie(liar, lies{})
			n.Heal()
			n.healthy(15)
		})
	}
}

// Ensure a witness that lies about what it cosigned last is asked anew, and that
// its lie does not outlive it.
func TestLiarAboutItsSize(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 46)
	n.Fill(n.Leader(), 10)
	n.healthy(10)
	leader, liar := n.Leader(), n.Followers()[0]
	for _, body := range []string{"18446744073709551615\n", "4611686018427387904\n", "9\n", "-1\n", "x", ""} {
		var asked atomic.Int32
		n.lie(liar, lies{add: func(string, []byte, witness.Answer) witness.Answer {
			asked.Add(1)
			return witness.Answer{Status: witness.StatusConflict, Media: "text/x.tlog.size", Body: []byte(body)}
		}})
		n.Fill(leader, 1)
		n.Await(fmt.Sprintf("a second question after %q", body), func() bool {
			return asked.Load() >= 2 || liar.Replica.Status().Role == "leader" // nobody asks it then
		})
		n.lie(liar, lies{})
		n.healthy(size(leader))
	}
}

// Ensure garbage, oversized, stale, foreign and false notes and evidence move
// nothing: no node stops cosigning, none shows anything older or other.
func TestLiarSendsGarbage(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 47)
	n.Fill(n.Leader(), 10)
	n.healthy(10)
	stale := n.at(n.Leader()).Board().Final()
	n.Fill(n.Leader(), 10)
	n.healthy(20)
	liar := n.Followers()[0]
	stranger := newNetwork(t, 48)
	c := n.checkpoint(20, 0x66)
	changed := n.cosigned(liar, c, 1)
	changed.Signatures[1].Raw[20] ^= 1
	copied := n.cosigned(liar, c, 1)
	copied.Signatures[1].Raw = stale.Signatures[len(stale.Signatures)-1].Raw
	notes := map[string][]byte{
		"nothing":                 nil,
		"noise":                   []byte("noise"),
		"NUL":                     make([]byte, checkpoint.MaxNote),
		"too long":                append(stale.Marshal(), bytes.Repeat([]byte("— x AAAAAAAA\n"), 2000)...),
		"a false signature":       changed.Marshal(),
		"a copied signature":      copied.Marshal(),
		"another network's":       stranger.cosigned(stranger.Leader(), c, 1).Marshal(),
		"another origin":          bytes.Replace(stale.Marshal(), []byte(stale.Origin), []byte("elsewhere/log"), 1),
		"unsigned":                append(c.Body(), '\n'),
		"a size that cannot be":   []byte(strings.Replace(string(stale.Marshal()), "\n10\n", "\n99999999999999999999\n", 1)),
		"true, stale":             stale.Marshal(),
		"true, of a later size":   n.signed(liar, n.checkpoint(math.MaxInt64, 1)).Marshal(),
		"true, cosigned long ago": n.cosigned(liar, stale.Checkpoint, 1).Marshal(),
		"true, from the future":   n.cosigned(liar, stale.Checkpoint, 1<<36).Marshal(),
	}
	agree, unsigned := n.signed(liar, stale.Checkpoint).Marshal(), append(c.Body(), '\n')
	pair := func(first, second []byte) []byte {
		return fmt.Appendf(nil, `{"format":"sandi-evidence/1","why":"","seen":0,"from":"","first":%q,"second":%q}`, first, second)
	}
	evidence := map[string][]byte{
		"nothing":            nil,
		"noise":              []byte("noise"),
		"too long":           append(pair(agree, agree), bytes.Repeat([]byte(" "), witness.MaxEvidence)...),
		"twice the same":     pair(agree, agree),
		"two that agree":     pair(agree, stale.Marshal()),
		"of two sizes":       pair(agree, n.signed(liar, c).Marshal()),
		"a false signature":  pair(stale.Marshal(), changed.Marshal()),
		"one unsigned":       pair(stale.Marshal(), unsigned),
		"another network's":  pair(stranger.signed(stranger.Leader(), n.checkpoint(5, 1)).Marshal(), stranger.signed(stranger.Leader(), n.checkpoint(5, 2)).Marshal()),
		"a member too many":  bytes.Replace(pair(agree, agree), []byte(`"why"`), []byte(`"x":1,"why"`), 1),
		"another format":     bytes.Replace(pair(n.signed(liar, c).Marshal(), n.signed(liar, n.checkpoint(20, 1)).Marshal()), []byte("evidence/1"), []byte("evidence/2"), 1),
		"one note in itself": pair(n.signed(liar, c).Marshal(), n.signed(liar, c).Marshal()),
	}
	for _, node := range n.honest(liar) {
		shown := n.at(node).Board().Final()
		for name, raw := range notes {
			err := peersOf{n, n.Cluster, liar.ID}.PushNote(t.Context(), node.ID, raw)
			if strings.HasPrefix(name, "true") != (err == nil || errors.Is(err, witness.ErrNotYet)) {
				t.Errorf("%s: note, %s: %v", node.ID, name, err)
			}
			request := checkpoint.AddRequest{Old: 20, Note: raw}.Marshal()
			if a := n.at(node).AddCheckpoint(t.Context(), liar.ID, request); a.Status == witness.StatusCosigned {
				t.Errorf("%s: cosigned, %s", node.ID, name)
			}
		}
		for name, raw := range evidence {
			if err := (peersOf{n, n.Cluster, liar.ID}).PushEvidence(t.Context(), node.ID, raw); err == nil {
				t.Errorf("%s: evidence, %s: taken", node.ID, name)
			}
		}
		w := n.at(node)
		if len(w.Evidence()) > 0 || w.Trouble() != nil {
			t.Errorf("%s: %v, %v", node.ID, w.Evidence(), w.Trouble())
		}
		if now := w.Board().Final(); now.Size < shown.Size || now.Size == shown.Size && now.Root != shown.Root {
			t.Errorf("%s: shows %+v, showed %+v", node.ID, now.Checkpoint, shown.Checkpoint)
		}
		n.awaitWarning(node, "node "+liar.ID+" sent a signature that does not hold")
	}
	n.Fill(n.Leader(), 5)
	n.healthy(25)
	n.CheckAll()
}

// Ensure a node's evidence is bounded, whatever a liar signs.
func TestLiarFloods(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 49)
	n.Fill(n.Leader(), 3)
	n.healthy(3)
	liar := n.Followers()[0]
	honest := n.honest(liar)
	for i := range 80 {
		one, other := n.signed(liar, n.checkpoint(uint64(1000+i), 1)), n.signed(liar, n.checkpoint(uint64(1000+i), 2))
		e := fmt.Appendf(nil, `{"format":"sandi-evidence/1","why":"","seen":0,"from":"","first":%q,"second":%q}`, one.Marshal(), other.Marshal())
		if err := n.at(honest[i%2]).AcceptEvidence(liar.ID, e); err != nil {
			t.Fatal(err)
		}
	}
	n.awaitExposed(liar, honest...)
	for _, node := range honest {
		if got := len(n.at(node).Evidence()); got > 64 {
			t.Errorf("%s keeps %d pieces of evidence", node.ID, got)
		}
	}
}
