//lint:file-ignore SA1019 hashicorp/raft still fills and reads the deprecated fields, so the gate has to hold them too

package transport

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/certs/authority"
	"sandi.internal/gateway/consensus/genesis"
)

// testNet is three nodes with their own CAs, and a client of one region.
type testNet struct {
	genesis *genesis.Genesis
	roots   *authority.Roots
	issuing map[string]*authority.CA
}

const testLife = time.Hour

func newTestNet(t *testing.T) *testNet {
	t.Helper()
	n := &testNet{genesis: &genesis.Genesis{}, issuing: map[string]*authority.CA{}}
	ders := map[string][][]byte{}
	for _, code := range []string{"110000", "120000", "130000"} {
		root, err := authority.NewRoot(code, testLife, nil)
		if err != nil {
			t.Fatal(err)
		}
		if n.issuing[code], err = root.NewIssuing(testLife); err != nil {
			t.Fatal(err)
		}
		ders[code] = [][]byte{root.Cert().Raw}
		n.genesis.Regions = append(n.genesis.Regions, genesis.Region{
			Code: code, Nodes: []genesis.Node{{ID: code + "-a", Voter: true}, {ID: code + "-b"}},
		})
	}
	var err error
	if n.roots, err = authority.NewRoots(ders); err != nil {
		t.Fatal(err)
	}
	return n
}

func (n *testNet) keeper(t *testing.T, region string, role authority.Role, id string) *authority.Keeper {
	t.Helper()
	issue := n.issuing[region].IssueNode
	if role == authority.RoleClient {
		issue = n.issuing[region].IssueClient
	}
	cert, key, err := issue(id, testLife)
	if err != nil {
		t.Fatal(err)
	}
	k, err := authority.NewKeeper(authority.KeeperConfig{
		Roots: n.roots, Identity: authority.Identity{Region: region, Role: role, ID: id}, CertPEM: cert, KeyPEM: key, Logger: quiet(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// listen starts a node; its port goes into genesis for those that start later.
func (n *testNet) listen(t *testing.T, id string) *Transport {
	t.Helper()
	tr, err := Listen(Config{
		NodeID: id, Genesis: n.genesis, TLS: n.keeper(t, id[:6], authority.RoleNode, id), Bind: "127.0.0.1:0", Logger: quiet(),
		Resolve: func(node string) (string, bool) {
			for _, r := range n.genesis.Regions {
				for _, s := range r.Nodes {
					if s.ID == node {
						return s.Peer, s.Peer != ""
					}
				}
			}
			return "", false
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for r := range n.genesis.Regions {
		for i := range n.genesis.Regions[r].Nodes {
			if n.genesis.Regions[r].Nodes[i].ID == id {
				n.genesis.Regions[r].Nodes[i].Peer = tr.Addr().String()
			}
		}
	}
	t.Cleanup(func() { tr.Close() })
	return tr
}

// dial connects to a node with whatever certificate and purpose.
func dialAs(t *testing.T, k *authority.Keeper, to *Transport, alpn string) (*tls.Conn, error) {
	t.Helper()
	raw, err := net.Dial("tcp", to.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	conn := tls.Client(raw, k.ClientTLS(to.cfg.NodeID, alpn))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return conn, conn.HandshakeContext(ctx)
}

// closedSoon reports that the other side ends the connection.
func closedSoon(t *testing.T, c net.Conn) bool {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(time.Minute))
	for buf := make([]byte, 4096); ; {
		_, err := c.Read(buf)
		if err == nil {
			continue
		}
		var ne net.Error
		return !(asNetError(err, &ne) && ne.Timeout())
	}
}

func asNetError(err error, ne *net.Error) bool {
	e, ok := err.(net.Error)
	if ok {
		*ne = e
	}
	return ok
}

// answer serves every message that reaches Raft with f, until the test ends.
func answer(t *testing.T, tr *Transport, f func(rpc raft.RPC)) {
	t.Helper()
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	go func() {
		for {
			select {
			case rpc := <-tr.Consumer():
				f(rpc)
			case <-stop:
				return
			}
		}
	}()
}

func header(id string) raft.RPCHeader {
	return raft.RPCHeader{ProtocolVersion: raft.ProtocolVersionMax, ID: []byte(id), Addr: []byte(id)}
}

func heartbeat(id string, term uint64) *raft.AppendEntriesRequest {
	return &raft.AppendEntriesRequest{RPCHeader: header(id), Term: term, Leader: []byte(id)}
}
