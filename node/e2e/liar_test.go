//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/peer"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/node/demo"
)

// impostor speaks to the peer doors of others with a node's genuine certificate
// and keys: what somebody can who has taken a node over. The node itself is down.
type impostor struct {
	*nodes
	as   int
	cert tls.Certificate
}

// DialPeer implements peer.Dialer.
func (m *impostor) DialPeer(ctx context.Context, node string) (net.Conn, error) {
	self, _ := m.signed.Genesis.Node(node)
	// Whom it talks to is of no concern to a liar.
	d := tls.Dialer{Config: &tls.Config{Certificates: []tls.Certificate{m.cert}, NextProtos: []string{"sandi-peer/1"}, InsecureSkipVerify: true}} //nolint:gosec // see above
	return d.DialContext(ctx, "tcp", self.Peer)
}

// signed is a checkpoint under the node's log key and cosigner key.
func (m *impostor) note(size uint64, root merkle.Hash) *checkpoint.Note {
	m.t.Helper()
	keys, err := checkpoint.FromGenesis(m.signed.Genesis)
	if err != nil {
		m.t.Fatal(err)
	}
	r := m.Regions[m.as]
	node := r.Nodes[0]
	c := checkpoint.Checkpoint{Origin: m.signed.Genesis.Origin, Size: size, Root: root}
	logKey, _ := keys.Of(r.Code, node.ID, checkpoint.KindLog)
	cosigner, _ := keys.Of(r.Code, node.ID, checkpoint.KindCosigner)
	one, err := checkpoint.SignLog(c, logKey, node.Log)
	if err != nil {
		m.t.Fatal(err)
	}
	other, err := checkpoint.Cosign(c, cosigner, node.Cosigner, 1)
	if err != nil {
		m.t.Fatal(err)
	}
	return checkpoint.NewNote(c, one, other)
}

// admin reads a page of a node's admin listener.
func (n *nodes) admin(i int, path string) string {
	return string(fetch(n.t, fmt.Sprintf("http://127.0.0.1:%d%s", 26011+i, path)))
}

// metric is the sum of a node's series that begin so.
func (n *nodes) metric(i int, series string) float64 {
	sum := 0.0
	for line := range strings.Lines(n.admin(i, "/metrics")) {
		if value, ok := strings.CutPrefix(line, series+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				n.t.Fatalf("%s: %v", line, err)
			}
			sum += v
		}
	}
	return sum
}

// write commits probes at a node.
func (n *nodes) write(i, from, count int) {
	n.t.Helper()
	probe, err := demo.LoadProbe()
	if err != nil {
		n.t.Fatal(err)
	}
	door, err := client.New(client.Options{Base: n.PublicURL(i), Token: func(context.Context) (string, error) {
		return n.Token(probe.Actor(n.Regions[i].Code))
	}})
	if err != nil {
		n.t.Fatal(err)
	}
	for k := range count {
		req, err := probe.Request(strconv.Itoa(from + k))
		if err != nil {
			n.t.Fatal(err)
		}
		key := client.NewKey()
		n.await("a write", func() bool { _, err = door.Open(n.t.Context(), key, req); return err == nil })
	}
}

// shown is the note that a node shows at its read-only listener.
func (n *nodes) shown(i int, keys *checkpoint.Keys, path string) *checkpoint.Note {
	note, err := keys.Open(fetch(n.t, fmt.Sprintf("http://127.0.0.1:%d/log/%s", 25011+i, path)))
	if err != nil {
		return &checkpoint.Note{}
	}
	return note
}

// Ensure two real nodes, over mutual TLS, take nothing false from a third that
// lies with a genuine certificate; and that one fork told to one of them stops
// the cosigners of both, stands in readyz and in the metrics, and is served as
// evidence that anybody can check.
func TestLyingNode(t *testing.T) {
	n := foundNodes(t)
	n.start()
	_, keys := keysOf(t, n.Dir)
	n.write(0, 0, 5)
	for i := range n.Regions {
		n.await("a final checkpoint", func() bool { return n.shown(i, keys, "final/checkpoint").Size >= 5 })
	}
	m := &impostor{nodes: n, as: 0}
	var err error
	if m.cert, err = tls.X509KeyPair(n.Regions[0].Nodes[0].CertPEM, n.Regions[0].Nodes[0].KeyPEM); err != nil {
		t.Fatal(err)
	}
	n.stops[0]()
	n.stops[0] = nil
	liar := n.Regions[0].Nodes[0].ID
	speak := peer.NewClient(m)
	defer speak.Close()
	ctx := t.Context()

	final := n.shown(1, keys, "final/checkpoint")
	changed := m.note(final.Size, merkle.Hash{1})
	changed.Signatures[0].Raw[20] ^= 1
	for i, r := range n.Regions[1:] {
		for what, raw := range map[string][]byte{
			"nothing": nil, "noise": []byte("noise"), "16 MiB": make([]byte, 16<<20), "a false signature": changed.Marshal(),
		} {
			if err := speak.PushNote(ctx, r.Nodes[0].ID, raw); err == nil {
				t.Errorf("%s took as a note: %s", r.Code, what)
			}
			if err := speak.PushEvidence(ctx, r.Nodes[0].ID, raw); err == nil {
				t.Errorf("%s took as evidence: %s", r.Code, what)
			}
			request := append([]byte("old 0\n\n"), raw...)
			if status, body, err := speak.AddCheckpoint(ctx, r.Nodes[0].ID, request); err == nil && status == http.StatusOK {
				t.Errorf("%s cosigned %s: %s", r.Code, what, body)
			}
		}
		if got := n.metric(i+1, `sandi_checkpoint_false_signatures_total{node="`+liar+`"}`); got < 1 {
			t.Errorf("%s counted %v false signatures", r.Code, got)
		}
		if text := n.admin(i+1, "/readyz?verbose"); !strings.Contains(text, liar+" sent a signature that does not hold") {
			t.Errorf("%s: readyz does not say so: %s", r.Code, text)
		}
		if got := n.metric(i+1, "sandi_checkpoint_evidence"); got != 0 {
			t.Errorf("%s holds evidence of nothing: %v", r.Code, got)
		}
	}

	fork := m.note(final.Size, merkle.Hash{0x66})
	if err := speak.PushNote(ctx, n.Regions[1].Nodes[0].ID, fork.Marshal()); err == nil {
		t.Error("a fork was taken")
	}
	for i := 1; i < 3; i++ {
		n.await("the alarm of "+n.Regions[i].Code, func() bool {
			return n.metric(i, "sandi_checkpoint_stopped") == 1 && n.metric(i, "sandi_checkpoint_evidence") >= 1 && n.metric(i, "sandi_checkpoint_warning") == 1 &&
				strings.Contains(n.admin(i, "/readyz?verbose"), "a fork of the ledger was found")
		})
		var list struct {
			Items []struct{ Notes []string }
		}
		base := n.PublicURL(i)
		if err := json.Unmarshal(fetch(t, base+"/log/evidence"), &list); err != nil || len(list.Items) == 0 {
			t.Fatalf("%s serves no evidence: %v", n.Regions[i].Code, err)
		}
		if len(list.Items[0].Notes) != 2 {
			t.Fatalf("%+v", list.Items[0])
		}
		one, err1 := keys.Open(fetch(t, base+list.Items[0].Notes[0]))
		other, err2 := keys.Open(fetch(t, base+list.Items[0].Notes[1]))
		if err := errors.Join(err1, err2); err != nil || one.Size != other.Size || one.Root == other.Root {
			t.Errorf("the evidence proves nothing: %v, %+v, %+v", err, one, other)
		} else if !slices.ContainsFunc(other.Signatures, func(s checkpoint.Signature) bool { return s.Key.Node == liar }) {
			t.Errorf("the second note is not the liar's: %+v", other)
		}
	}
	cosigned := n.metric(1, "sandi_checkpoint_cosigned_size")
	n.write(1, 5, 3) // two of three: writes go on
	for i := 1; i < 3; i++ {
		if got := n.metric(i, "sandi_checkpoint_cosigned_size"); got > cosigned {
			t.Errorf("%s cosigned %v leaves with a fork unresolved", n.Regions[i].Code, got)
		}
		if note := n.shown(i, keys, "final/checkpoint"); !bytes.Equal(note.Root[:], final.Root[:]) {
			t.Errorf("%s shows another final checkpoint: %+v", n.Regions[i].Code, note)
		}
	}
}
