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
	"time"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/replica/clustertest"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/consensus/witness"
)

// A node with a genuine certificate and genuine keys that lies, in every way that
// we could think of. Each test is a row of the table in node/docs/THREATS.md:
// what the honest nodes do about it. Whatever it is, nothing becomes final that
// contradicts anything else that is final.

// honest are the running nodes but one.
func (n *network) honest(liar *clustertest.Node) []*clustertest.Node {
	return slices.DeleteFunc(n.Running(), func(node *clustertest.Node) bool { return node == liar })
}

// keys are what everybody knows of everybody.
func (n *network) keys() *checkpoint.Keys {
	n.t.Helper()
	keys, err := checkpoint.FromGenesis(n.Signed.Genesis)
	if err != nil {
		n.t.Fatal(err)
	}
	return keys
}

// signed is a checkpoint under a node's log key.
func (n *network) signed(node *clustertest.Node, c checkpoint.Checkpoint) *checkpoint.Note {
	n.t.Helper()
	key, _ := n.keys().Of(node.Region, node.ID, checkpoint.KindLog)
	s, err := checkpoint.SignLog(c, key, node.Keys().Log)
	if err != nil {
		n.t.Fatal(err)
	}
	return checkpoint.NewNote(c, s)
}

// cosigned is a checkpoint under a node's log and cosigner keys.
func (n *network) cosigned(node *clustertest.Node, c checkpoint.Checkpoint, at int64) *checkpoint.Note {
	n.t.Helper()
	note := n.signed(node, c)
	if err := note.Merge(checkpoint.NewNote(c, n.cosignature(node, c, at))); err != nil {
		n.t.Fatal(err)
	}
	return note
}

func (n *network) cosignature(node *clustertest.Node, c checkpoint.Checkpoint, at int64) checkpoint.Signature {
	n.t.Helper()
	key, _ := n.keys().Of(node.Region, node.ID, checkpoint.KindCosigner)
	s, err := checkpoint.Cosign(c, key, node.Keys().Cosigner, at)
	if err != nil {
		n.t.Fatal(err)
	}
	return s
}

// checkpoint is any tree of the network.
func (n *network) checkpoint(size uint64, root byte) checkpoint.Checkpoint {
	return checkpoint.Checkpoint{Origin: n.Signed.Genesis.Origin, Size: size, Root: merkle.Hash{root}}
}

// awaitExposed waits until all honest nodes hold evidence against the liar that
// anybody with the keys of genesis can check, and have stopped cosigning; then it
// checks that nothing final contradicts.
func (n *network) awaitExposed(liar *clustertest.Node, honest ...*clustertest.Node) {
	n.t.Helper()
	against := func(e witness.Evidence) bool {
		again, err := witness.ParseEvidence(n.keys(), e.Marshal())
		if err != nil || again.ID != e.ID {
			n.t.Fatalf("the evidence does not speak for itself: %v", err)
		}
		for _, raw := range [][]byte{e.First, e.Second} {
			note, err := n.keys().Open(raw)
			if err != nil {
				n.t.Fatal(err)
			}
			if slices.ContainsFunc(note.Signatures, func(s checkpoint.Signature) bool { return s.Key.Node == liar.ID }) {
				return true
			}
		}
		return false
	}
	n.Await("evidence against "+liar.ID+" on every honest node", func() bool {
		return !slices.ContainsFunc(honest, func(node *clustertest.Node) bool {
			w := n.at(node)
			return !slices.ContainsFunc(w.Evidence(), against) || !errors.Is(w.Trouble(), witness.ErrFork) || !errors.Is(w.Warning(), witness.ErrFork)
		})
	})
	n.checkFinal()
}

// awaitWarning waits until a node warns of something.
func (n *network) awaitWarning(node *clustertest.Node, of string) {
	n.t.Helper()
	n.Await(node.ID+" warns of "+of, func() bool {
		err := n.at(node).Warning()
		return err != nil && strings.Contains(err.Error(), of)
	})
}

// checkFinal checks that whatever any node ever showed is one history, and the
// history of each ledger that reaches it, but for those of deceived nodes.
func (n *network) checkFinal(deceived ...*clustertest.Node) {
	n.t.Helper()
	type shown struct {
		node string
		note *checkpoint.Note
	}
	finals := map[uint64]shown{}
	for _, node := range n.Running() {
		board := n.at(node).Board()
		for _, note := range append(board.Earlier(), board.Final(), board.Published()) {
			if note == nil {
				continue
			}
			if other, ok := finals[note.Size]; ok && other.note.Root != note.Root {
				n.t.Errorf("%s and %s show two roots at size %d", other.node, node.ID, note.Size)
			}
			finals[note.Size] = shown{node.ID, note}
		}
	}
	for _, node := range n.Running() {
		if slices.Contains(deceived, node) {
			continue
		}
		view := node.Store.View()
		books := node.Ledger.Books(view)
		for at, s := range finals {
			if at > size(node) {
				continue
			}
			if root, err := merkle.RootAt(books, at); err != nil || root != s.note.Root {
				n.t.Errorf("%s has another root at size %d than %s shows: %v", node.ID, at, s.node, err)
			}
		}
		_ = view.Close()
	}
}

// impose has all nodes commit one entry that no honest leader would propose.
func (n *network) impose(liar *clustertest.Node, at time.Time, statements ...[]byte) {
	n.t.Helper()
	honest := n.honest(liar)
	n.Await("the same log everywhere", func() bool {
		return honest[0].Replica.Status().LastRaft == honest[1].Replica.Status().LastRaft
	})
	n.CutRaft(liar) // nobody is elected, or hears anything else, before both have it
	n.CutRaft(honest[0])
	for _, node := range honest {
		n.FoistAt(liar, node, at, statements...)
	}
	n.Heal()
}

// healthy waits until the network is at one and nobody complains.
func (n *network) healthy(atLeast uint64) {
	n.t.Helper()
	n.awaitFinal(atLeast)
	n.checkFinal()
	for _, node := range n.Running() {
		if w := n.at(node); len(w.Evidence()) > 0 || w.Trouble() != nil {
			n.t.Errorf("%s: %v, %v", node.ID, w.Evidence(), w.Trouble())
		}
	}
}

// Ensure a leader that puts statements of another bureau into the log gets them
// refused by every replica alike: a false signature, another bureau's name over
// its own signature, a genuine statement with one byte changed.
func TestLiarForgesStatements(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 41)
	liar := n.Leader()
	victim := n.Followers()[0]
	n.Fill(liar, 10)
	n.healthy(10)
	changed := n.OpenMemo(victim.Region)
	changed[len(changed)/2] ^= 1
	unsigned := n.OpenMemo(victim.Region)
	unsigned = append(unsigned[:bytes.LastIndexByte(unsigned, '.')+1], bytes.Repeat([]byte("A"), 86)...)
	genuine := n.OpenMemo(liar.Region)
	n.impose(liar, n.Clock(), n.ForgeMemo(liar.Region, victim.Region), changed, unsigned, genuine)
	n.healthy(11)
	for _, node := range n.Nodes {
		if got := size(node); got != 11 {
			t.Errorf("%s: %d leaves, want the liar's own one and no other", node.ID, got)
		}
	}
	n.CheckAll()
}

// Ensure two replicas that were given different entries at one index, or the same
// statements in another order, find out from each other.
func TestLiarReorders(t *testing.T) {
	t.Parallel()
	for name, differ := range map[string]func(one, other []byte) (a, b [][]byte){
		"other statements": func(one, other []byte) (a, b [][]byte) { return [][]byte{one}, [][]byte{other} },
		"another order":    func(one, other []byte) (a, b [][]byte) { return [][]byte{one, other}, [][]byte{other, one} },
		"one kept back":    func(one, other []byte) (a, b [][]byte) { return [][]byte{one, other}, [][]byte{one} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNetwork(t, 42)
			liar := n.Leader()
			n.Fill(liar, 10)
			n.awaitFinal(10)
			a, b := n.Followers()[0], n.Followers()[1]
			n.CutRaft(liar) // from now on it says only what the test lets it say
			n.CutRaft(a)
			// It says nothing of its own to the others' witnesses: they have each other.
			n.lie(liar, lies{
				pull: func(string, witness.Pulled) witness.Pulled { return witness.Pulled{} },
				add:  func(string, []byte, witness.Answer) witness.Answer { return witness.Answer{Status: 503} },
			})
			toA, toB := differ(n.OpenMemo(liar.Region), n.OpenMemo(b.Region))
			n.Foist(liar, a, toA...)
			n.Foist(liar, b, toB...)
			if len(toA) != len(toB) { // one is a beginning of the other, as far as it goes
				n.Foist(liar, b, n.OpenMemo(a.Region))
			}
			n.Await("evidence on both", func() bool {
				return errors.Is(n.at(a).Trouble(), witness.ErrFork) && errors.Is(n.at(b).Trouble(), witness.ErrFork)
			})
			for _, node := range []*clustertest.Node{a, b} {
				if s := n.at(node).State(); s.Size > 10 {
					t.Errorf("%s: cosigned %d leaves of a fork", node.ID, s.Size)
				}
				if final := n.at(node).Board().Final(); final.Size > 10 {
					t.Errorf("%s: %d leaves are final", node.ID, final.Size)
				}
			}
		})
	}
}

// Ensure a replica that a leader keeps entries from says so, while nothing that
// it lacks becomes final, and all is well once it gets them.
func TestLiarHidesEntries(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 43)
	liar := n.Leader()
	n.Fill(liar, 10)
	n.healthy(10)
	victim, other := n.Followers()[0], n.Followers()[1]
	n.Starve(liar, victim)
	n.Starve(other, victim) // should it come to lead
	n.Fill(other, 5)
	n.awaitWarning(victim, "keeps entries from it")
	n.awaitWarning(other, victim.ID) // has not cosigned
	for _, node := range n.Nodes {
		if final := n.at(node).Board().Final(); final.Size > 10 {
			t.Errorf("%s: %d leaves are final, and %s has not seen them", node.ID, final.Size, victim.ID)
		}
	}
	n.checkFinal()
	n.Heal()
	n.healthy(15)
	n.Await("no warning", func() bool {
		return !slices.ContainsFunc(n.Nodes, func(node *clustertest.Node) bool { return n.at(node).Warning() != nil })
	})
	n.CheckAll()
}

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

// Ensure a leader that moves ledger time ahead gets no cosignature for it, and
// that every honest node says why; once the clocks are there, all goes on.
func TestLiarJumpsTime(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 50)
	liar := n.Leader()
	n.Fill(liar, 10)
	n.healthy(10)
	n.impose(liar, n.Clock().Add(time.Hour), n.OpenMemo(liar.Region))
	// The liar's own witness would not sign it either; so the liar asks with its keys.
	n.Await("the entry everywhere", func() bool {
		return !slices.ContainsFunc(n.Nodes, func(node *clustertest.Node) bool { return size(node) != 11 })
	})
	view := liar.Store.View()
	standing, err := liar.Ledger.Books(view).Standing()
	_ = view.Close()
	if err != nil {
		t.Fatal(err)
	}
	c := checkpoint.Checkpoint{Origin: n.Signed.Genesis.Origin, Size: standing.Size, Root: standing.Root}
	note := n.cosigned(liar, c, n.Clock().Unix())
	for _, node := range n.honest(liar) {
		n.awaitWarning(node, "ahead of this node's clock")
		request := checkpoint.AddRequest{Old: n.at(node).State().Size, Note: note.Marshal()}.Marshal()
		if a := n.at(node).AddCheckpoint(t.Context(), liar.ID, request); a.Status != witness.StatusNotNow {
			t.Errorf("%s: answered %d %s", node.ID, a.Status, a.Body)
		}
		if s := n.at(node).State(); s.Size > 10 {
			t.Errorf("%s: cosigned %d leaves", node.ID, s.Size)
		}
	}
	n.checkFinal()
	n.Advance(time.Hour)
	n.healthy(11)
	n.Await("no warning", func() bool {
		return !slices.ContainsFunc(n.Nodes, func(node *clustertest.Node) bool { return n.at(node).Warning() != nil })
	})
}

// Ensure a snapshot that contradicts what a node has cosigned, or continues it
// otherwise than the others do, is refused or found out.
func TestLiarSnapshots(t *testing.T) {
	t.Parallel()
	for name, tell := range map[string]func(t *testing.T, s deceit){
		"another history": func(t *testing.T, s deceit) {
			if s.install(s.Another(s.liar.Region, 40)) {
				t.Error("taken over")
			}
			s.healthy(20)
		},
		"a shorter history": func(t *testing.T, s deceit) {
			if s.install(s.Another(s.liar.Region, 5)) {
				t.Error("taken over")
			}
			s.healthy(20)
		},
		"the victim's own history, otherwise continued": func(t *testing.T, s deceit) {
			s.CutRaft(s.liar)
			s.CutRaft(s.victim)
			if !s.install(s.Continued(s.victim, s.liar.Region, 3)) {
				t.Error("a ledger that verifies and continues one's own was refused")
			}
			s.Foist(s.liar, s.other, s.OpenMemo(s.other.Region), s.OpenMemo(s.other.Region), s.OpenMemo(s.other.Region))
			s.foundOut()
		},
		"another history, to a node that has lost its own": func(t *testing.T, s deceit) {
			s.CutRaft(s.victim) // nothing but the liar's snapshot reaches it
			s.lose(s.victim)
			s.Await("what it has cosigned", func() bool { return s.at(s.victim).Quarantine() != "" })
			if s.install(s.Another(s.liar.Region, 40)) {
				t.Error("taken over against what it has cosigned")
			}
			s.Heal()
			s.healthy(20)
		},
		"the truth, at a false place of the log": func(t *testing.T, s deceit) {
			s.CutRaft(s.victim)
			s.Fill(s.liar, 5)
			if !s.install(clustertest.Copied(s.victim, nil)) {
				t.Error("its own ledger was refused")
			}
			s.Heal()
			s.Await("something that an operator sees", func() bool {
				return s.at(s.victim).Warning() != nil || !s.victim.Replica.Status().Ready
			})
			s.lose(s.victim) // what OPERATIONS.md says for a node that is off
			s.healthy(25)
			s.CheckAll()
		},
		"another history, before the others are heard": func(t *testing.T, s deceit) {
			s.Isolate(s.victim)
			s.lose(s.victim)
			if !s.install(s.Another(s.liar.Region, 40)) {
				t.Error("a node that has nothing and heard nobody refused a ledger that verifies")
			}
			s.Heal()
			s.foundOut()
			if s.at(s.victim).Abstain() != math.MaxUint64 || s.at(s.victim).State().Size > 0 {
				t.Errorf("votes, or cosigned %+v", s.at(s.victim).State())
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNetwork(t, 51)
			n.Fill(n.Leader(), 20)
			n.healthy(20)
			tell(t, deceit{n, n.Leader(), n.Followers()[0], n.Followers()[1]})
		})
	}
}

// deceit is a liar, whom it lies to, and who else is there.
type deceit struct {
	*network
	liar, victim, other *clustertest.Node
}

// install sends the victim a snapshot from a leader of a later term, and reports
// whether it was taken over.
func (d deceit) install(fill func(ledger.Tx) error) bool {
	d.t.Helper()
	meta := d.other.Store.Meta()
	meta.RaftIndex += 1000
	meta.RaftTerm = max(d.other.Replica.Status().Term, d.victim.Replica.Status().Term) + 1
	resp, err := d.Install(d.liar, d.victim, meta.RaftTerm, d.Forge(meta, fill))
	return err == nil && resp.Success
}

// lose has a node start with an empty disk.
func (d deceit) lose(node *clustertest.Node) {
	d.Stop(node)
	d.Erase(node)
	d.Start(node)
}

// foundOut waits until both the victim and the other one know of a fork.
func (d deceit) foundOut() {
	d.t.Helper()
	d.Await("a fork found out on both", func() bool {
		return errors.Is(d.at(d.victim).Trouble(), witness.ErrFork) && errors.Is(d.at(d.other).Trouble(), witness.ErrFork)
	})
	d.checkFinal(d.victim)
}

// Ensure a refusal planted in a snapshot, which nothing in the ledger binds, is
// found out with the first statement that it touches: the victim's tree differs.
func TestPlantedRefusal(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 52)
	liar, victim, other := n.Leader(), n.Followers()[0], n.Followers()[1]
	memo := n.Write(other, n.OpenMemo(other.Region))
	n.Write(other, n.AddNote(other.Region, memo.Record, memo.Hash.String(), "first"))
	late, err := n.Submit(t.Context(), other, n.AddNote(other.Region, memo.Record, memo.Hash.String(), "too late"))
	if err != nil || late.Status != ledger.Refused {
		t.Fatalf("%+v, %v", late, err)
	}
	n.healthy(2)
	target := n.OpenMemo(other.Region)
	st, err := statement.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	const refusals = 0x40
	planted := 0
	n.CutRaft(victim)
	n.Stop(victim)
	n.Erase(victim)
	n.Start(victim)
	n.Await("what it has cosigned", func() bool { return n.at(victim).Quarantine() != "" })
	f := n.Forge(liar.Store.Meta(), clustertest.Copied(liar, func(k, v []byte) []byte {
		if k[0] == refusals {
			planted++
			return bytes.Replace(v, []byte(late.Hash.String()), []byte(st.Hash.String()), 1)
		}
		return v
	}))
	if resp, err := n.Install(liar, victim, liar.Replica.Status().Term, f); err != nil || !resp.Success || planted != 1 {
		t.Fatalf("the doctored snapshot was not taken over, or had %d refusals: %+v, %v", planted, resp, err)
	}
	n.Heal()
	n.Await("the victim among the others", func() bool { return n.at(victim).Quarantine() == "" })
	n.Write(other, target) // refused at the victim
	n.Write(other, n.OpenMemo(other.Region))
	n.Write(other, n.OpenMemo(other.Region))
	n.Await("a fork found out on all", func() bool {
		return !slices.ContainsFunc(n.Nodes, func(node *clustertest.Node) bool { return !errors.Is(n.at(node).Trouble(), witness.ErrFork) })
	})
	n.checkFinal(victim)
}
