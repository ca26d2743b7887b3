package node_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/node"
	"sandi.internal/gateway/node/demo"
)

// network is the demo's network with its nodes in this process: everything but
// the operating system's processes is real. Tests of it don't run in parallel:
// six nodes on two processors miss their elections.
type network struct {
	*demo.Network
	t     *testing.T
	base  int
	keys  *checkpoint.Keys
	probe *demo.Probe
	nodes []*running
	n     int // probes written
}

// running is one node, up or down.
type running struct {
	node.Config
	path string // of its configuration
	stop func() // nil while it is down
}

// The last of the demo's ports lies this far above the first (5011 to 9013).
var demoPorts = []int{5011, 6011, 7011, 8011, 9011}

// freePorts finds a base above which no port that a demo takes is in use, below
// what the system gives out by itself.
func freePorts(t *testing.T) int {
	t.Helper()
	for range 50 {
		base := 10_000 + 20*rand.IntN(600)
		free := true
		for _, port := range demoPorts {
			for i := range 3 {
				l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(base+port+i)))
				if err != nil {
					free = false
					continue
				}
				_ = l.Close()
			}
		}
		if free {
			return base
		}
	}
	t.Fatal("no free ports for three nodes")
	return 0
}

// found founds a network and starts its nodes.
func found(t *testing.T, clock genesis.Clock, start time.Time) *network {
	t.Helper()
	n := &network{t: t, base: freePorts(t)}
	var err error
	n.Network, err = demo.Found(demo.Options{Dir: filepath.Join(t.TempDir(), "net"), Clock: clock, Start: start, PortBase: n.base})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := n.Keys()
	if err != nil {
		t.Fatal(err)
	}
	n.keys = keys.Keys()
	if n.probe, err = demo.LoadProbe(); err != nil {
		t.Fatal(err)
	}
	for i, r := range n.Regions {
		one := &running{path: filepath.Join(r.Dir, "sandi.yaml")}
		if one.Config, err = node.LoadConfig(one.path); err != nil {
			t.Fatal(err)
		}
		one.Log.Level = "error"
		n.nodes = append(n.nodes, one)
		n.start(i)
	}
	t.Cleanup(func() {
		ended := make(chan struct{})
		for _, one := range n.nodes { // together: one alone would wait for a quorum
			go func() {
				if one.stop != nil {
					one.stop()
				}
				ended <- struct{}{}
			}()
		}
		for range n.nodes {
			<-ended
		}
	})
	return n
}

func (n *network) start(i int) {
	n.t.Helper()
	one := n.nodes[i]
	made, err := node.New(one.Config)
	if err != nil {
		n.t.Fatalf("node %d: %v", i, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- made.Run(ctx) }()
	one.stop = func() {
		cancel()
		if err := <-done; err != nil {
			n.t.Errorf("node %d: %v", i, err)
		}
	}
}

func (n *network) stop(i int) {
	n.nodes[i].stop()
	n.nodes[i].stop = nil
}

// door is a client of a node for somebody of its bureau.
func (n *network) door(i int, role string) *client.Client {
	n.t.Helper()
	region := n.Regions[i].Code
	c, err := client.New(client.Options{
		Base: n.PublicURL(i), Lang: problem.English,
		Token: func(context.Context) (string, error) {
			return n.Token(demo.Actor{Region: region, Org: region + "-SJ", Role: role, Person: "tester-" + role})
		},
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return c
}

// write commits a probe at a node, once the network takes writes.
func (n *network) write(i int) v1.Receipt {
	n.t.Helper()
	n.n++
	req, err := n.probe.Request(strconv.Itoa(n.n))
	if err != nil {
		n.t.Fatal(err)
	}
	door, key := n.door(i, n.probe.Role), client.NewKey()
	var receipt v1.Receipt
	n.await("a committed write", func(ctx context.Context) error {
		receipt, err = door.Open(ctx, key, req)
		if err == nil && receipt.Status != v1.Committed {
			err = fmt.Errorf("the write is %s", receipt.Status)
		}
		return err
	})
	return receipt
}

// patience bounds every wait of these tests; what they wait for takes seconds.
const patience = 60 * time.Second

// await asks until there is no error.
func (n *network) await(what string, f func(ctx context.Context) error) {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(n.t.Context(), patience)
	defer cancel()
	for {
		err := f(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			n.t.Fatalf("waited %s for %s: %v", patience, what, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// note is the newest note that a node shows at its read-only listener, opened
// under the auditor's keys.
func (n *network) note(ctx context.Context, i int, final bool) (*checkpoint.Note, error) {
	at := n.LogURL(i)
	if final {
		at += "final/"
	}
	status, raw, err := get(ctx, at+"checkpoint")
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("no checkpoint: %d", status)
	}
	if err != nil {
		return nil, err
	}
	return n.keys.Open(raw)
}

func get(ctx context.Context, url string) (status int, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	body, err = io.ReadAll(res.Body)
	return res.StatusCode, body, err
}

// awaitFinal waits until these nodes show a final checkpoint of so many leaves,
// and says how long that took.
func (n *network) awaitFinal(size uint64, nodes ...int) time.Duration {
	n.t.Helper()
	began := time.Now()
	for _, i := range nodes {
		n.await(fmt.Sprintf("%d final leaves at node %d", size, i), func(ctx context.Context) error {
			note, err := n.note(ctx, i, true)
			switch {
			case err != nil:
				return err
			case note.Size < size:
				return fmt.Errorf("%d are final", note.Size)
			case len(note.CosignedBy()) != len(n.Regions):
				return fmt.Errorf("cosigned by %v", note.CosignedBy())
			}
			return nil
		})
	}
	return time.Since(began)
}

// setClock moves the scenario clock of a node.
func (n *network) setClock(i int, to time.Time) {
	n.t.Helper()
	door := n.door(i, auth.RoleOperator)
	n.await("a moved clock", func(ctx context.Context) error { return door.SetClock(ctx, to) })
}

func (n *network) status(i int) (s v1.NodeStatus) {
	n.t.Helper()
	door := n.door(i, auth.RoleOperator)
	n.await("a status", func(ctx context.Context) (err error) {
		s, err = door.Status(ctx)
		return err
	})
	return s
}

// leader is the node that leads.
func (n *network) leader() int {
	n.t.Helper()
	lead := -1
	n.await("a leader", func(context.Context) error {
		id := n.status(0).Replica.Leader
		lead = slices.IndexFunc(n.nodes, func(one *running) bool { return one.Node == id })
		if lead < 0 {
			return errors.New("none is known")
		}
		return nil
	})
	return lead
}

// ready asks a node's readiness probe.
func (n *network) ready(ctx context.Context, i int) (bool, string, error) {
	status, body, err := get(ctx, "http://"+n.nodes[i].Listen.Admin+"/readyz?verbose")
	return status == http.StatusOK, string(body), err
}

func (n *network) awaitReady(nodes ...int) {
	n.t.Helper()
	for _, i := range nodes {
		n.await(fmt.Sprintf("node %d ready", i), func(ctx context.Context) error {
			ok, body, err := n.ready(ctx, i)
			if err == nil && !ok {
				err = errors.New(body)
			}
			return err
		})
	}
}

// metric is the value of one series of a node.
func (n *network) metric(i int, series string) string {
	n.t.Helper()
	var value string
	n.await(series, func(ctx context.Context) error {
		_, body, err := get(ctx, "http://"+n.nodes[i].Listen.Admin+"/metrics")
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(body)) {
			if rest, ok := strings.CutPrefix(line, series+" "); ok {
				value = strings.TrimSpace(rest)
				return nil
			}
		}
		return errors.New("no such series")
	})
	return value
}

// copyTree copies a folder of plain files.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}
