package node

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"sandi.internal/gateway/api/accesslog"
	"sandi.internal/gateway/api/account"
	"sandi.internal/gateway/api/admin"
	"sandi.internal/gateway/api/audit"
	"sandi.internal/gateway/api/console"
	"sandi.internal/gateway/api/dataset"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/home"
	"sandi.internal/gateway/api/lots"
	"sandi.internal/gateway/api/peer"
	"sandi.internal/gateway/api/public"
	"sandi.internal/gateway/api/serve"
	"sandi.internal/gateway/certs/authority"
	"sandi.internal/gateway/consensus/docket"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/membership"
	"sandi.internal/gateway/consensus/mover"
	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/consensus/transport"
	"sandi.internal/gateway/consensus/witness"
	"sandi.internal/gateway/node/exchange"
)

const (
	// verdictCache is how many verified statements are remembered between
	// admission and apply: more than can be in flight, at about 3 KiB each.
	verdictCache = 4096
	// closePatience bounds a graceful end: hand over leadership, drain requests.
	closePatience = 10 * time.Second
	// gcPercent lets the heap grow to four times what lives before it is
	// collected, as far as limits.memory_mib allows. Memtables and cached blocks
	// lie in the heap: at Go's 100 a busy node spent 13 % of its processor time
	// collecting, now 6 %, and an idle one takes 15 MiB more.
	gcPercent = 300
	// maxGenesis bounds the genesis file.
	maxGenesis = 64 << 20
)

// Node is one region's node: everything is open when New returns and served
// while Run runs.
type Node struct {
	cfg     Config
	log     *slog.Logger
	reg     *prometheus.Registry
	genesis *genesis.Signed
	founded []byte // the genesis file
	self    *genesis.Node
	secrets *secrets
	now     func() time.Time
	clock   *scenarioClock // nil on a real network
	voided  *voided
	// returning: void entries of a return wait to be submitted again; the desk says nothing
	// new meanwhile.
	returning atomic.Bool

	stores    *stores
	keeper    *authority.Keeper
	transport *transport.Transport
	ledger    *ledger.Ledger
	witness   *witness.Witness
	replica   *replica.Replica
	mover     *mover.Mover
	docket    *docket.Docket
	lots      *lots.Lots
	agenda    *agenda // of the steward
	materials public.Vault
	bulk      *peer.Bulk
	exchange  atomic.Pointer[exchange.Exchange] // nil while the replica opens
	home      *home.Home
	data      *dataset.Sets
	access    *accesslog.Log
	anchorer  *anchorer
	peers     *peer.Client
	given     *given // what peers are given of offers, noted
	desk      *desk.Desk
	tlog      *audit.Log
	public    *public.API
	console   *console.Door  // nil: no token key at hand
	accounts  *account.Store // nil: no console
	pool      *statement.Pool
	early     *ledger.Roster // the network's nodes, until the ledger is loaded and has this one
	gossip    atomic.Pointer[membership.Gossip]
	closers   []func() error // run in reverse
}

// New opens a node: stores, ledger, replica, doors. It serves nothing yet except
// Raft, which a replica needs from its first moment.
func New(cfg Config) (*Node, error) {
	n := &Node{cfg: cfg, reg: prometheus.NewRegistry()}
	var err error
	if n.log, err = newLogger(cfg.Log, os.Stderr); err != nil {
		return nil, err
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(cfg.Limits.MemoryMiB << 20)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	n.reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, step := range []func() error{n.openGenesis, n.openStores, n.openRoster, n.openTransport, n.openReplica, n.openDoors, n.openGossip} {
		if err := step(); err != nil {
			return nil, errors.Join(err, n.close())
		}
	}
	return n, nil
}

func (n *Node) onClose(f func() error) { n.closers = append(n.closers, f) }

func (n *Node) close() error {
	var errs []error
	for i := len(n.closers) - 1; i >= 0; i-- {
		errs = append(errs, n.closers[i]())
	}
	n.closers = nil
	return errors.Join(errs...)
}

// openGenesis reads who the network is, and holds this node against it.
func (n *Node) openGenesis() error {
	info, err := os.Stat(n.cfg.Genesis)
	if err != nil {
		return fmt.Errorf("couldn't read the genesis: %w; copy the signed genesis.json of the network there", err)
	}
	if info.Size() > maxGenesis {
		return fmt.Errorf("the genesis %s is larger than 64 MiB; is it the right file?", n.cfg.Genesis)
	}
	if n.founded, err = os.ReadFile(n.cfg.Genesis); err != nil {
		return fmt.Errorf("couldn't read the genesis: %w", err)
	}
	if n.genesis, err = genesis.Parse(n.founded); err != nil {
		return fmt.Errorf("couldn't accept the genesis %s: %w", n.cfg.Genesis, err)
	}
	if n.genesis.Region(n.cfg.Region) == nil {
		return fmt.Errorf("genesis names no region %s; check region in sandi.yaml", n.cfg.Region)
	}
	n.now, n.clock = newClock(n.genesis.Genesis)
	n.secrets, err = loadSecrets(n.cfg.Keys)
	return err
}

func (n *Node) openStores() error {
	var err error
	if n.stores, err = openStores(n.cfg.Data, n.cfg.Limits.CacheMiB, n.log, n.reg); err != nil {
		return err
	}
	n.onClose(n.stores.close)
	if n.materials, err = openVault(n.stores.vault, n.secrets.vault, n.cfg.Limits); err != nil {
		return err
	}
	return n.openAccess()
}

func (n *Node) openTransport() error {
	roots, err := Roots(n.genesis)
	if err != nil {
		return err
	}
	issuer, err := n.issuer()
	if err != nil {
		return err
	}
	n.keeper, err = authority.NewKeeper(authority.KeeperConfig{
		Roots: roots, Identity: authority.Identity{Region: n.cfg.Region, Role: authority.RoleNode, ID: n.cfg.Node},
		CertFile: n.cfg.Keys.NodeCert, KeyFile: n.cfg.Keys.NodeKey, Issuer: issuer, Logger: n.log, Metrics: n.reg,
	})
	if err != nil {
		return fmt.Errorf("couldn't take up the node certificate: %w", err)
	}
	n.transport, err = transport.Listen(transport.Config{
		NodeID: n.cfg.Node, Genesis: n.early.Genesis, TLS: n.keeper, Bind: n.cfg.Listen.Peer, Logger: n.log, Metrics: n.reg,
	})
	if err != nil {
		return fmt.Errorf("couldn't listen for the other nodes on %s: %w", n.cfg.Listen.Peer, err)
	}
	n.keeper.OnSwap(n.transport.CloseStreams)
	n.onClose(n.transport.Close)
	return nil
}

// Roots are the CAs of all regions as genesis names them, apart.
func Roots(g *genesis.Signed) (*authority.Roots, error) {
	cas := map[string][][]byte{}
	for _, r := range g.Regions {
		cas[r.Code] = r.Roots
	}
	roots, err := authority.NewRoots(cas)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the regions' CAs from genesis: %w", err)
	}
	return roots, nil
}

// issuer renews the node's certificate in process when the region's issuing CA
// lies beside it; otherwise somebody replaces the files, which are watched.
func (n *Node) issuer() (authority.Issuer, error) {
	if n.cfg.Keys.CACert == "" {
		return nil, nil
	}
	chain, err := os.ReadFile(n.cfg.Keys.CACert)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the issuing CA (keys.ca_cert): %w", err)
	}
	key, err := os.ReadFile(n.cfg.Keys.CAKey)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the issuing CA's key (keys.ca_key): %w", err)
	}
	return authority.LoadIssuing(n.cfg.Region, chain, key, nil)
}

func (n *Node) openReplica() error {
	pool := n.pool
	var err error
	peers := peer.NewClient(n.transport)
	n.peers = peers
	n.onClose(peers.Close)
	if err := n.openWitness(peers); err != nil {
		return err
	}
	n.agenda = newAgenda()
	n.replica, err = replica.Open(replica.Config{
		NodeID: n.cfg.Node, Genesis: n.genesis, Roster: n.members, Store: n.stores.state, Log: n.stores.log, Ledger: n.ledger, Pool: pool,
		Transport: n.transport, Peers: peers, Clock: n.now, Applied: n.applied,
		Cosigned: n.witness.Cosigned, First: n.orders, Abstain: n.witness.Abstain, Logger: n.log, Metrics: n.reg,
	})
	if err != nil {
		return fmt.Errorf("couldn't open the replica: %w", err)
	}
	n.onClose(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), closePatience)
		defer cancel()
		return n.replica.Close(ctx)
	})
	n.mover, err = mover.New(mover.Config{
		Node: n.cfg.Node, Genesis: n.genesis.Genesis, Roster: n.today, Judge: n.ledger.JudgeMove, Raft: n.replica, Peers: peers,
		Store: n.stores.state.Local(), Clock: n.now, Logger: n.log, Metrics: n.reg,
	})
	if err != nil {
		return fmt.Errorf("couldn't open what moves leadership: %w", err)
	}
	if err := n.openDocket(pool, peers); err != nil {
		return err
	}
	n.openHome(peers)
	if err := n.openData(peers); err != nil {
		return err
	}
	if err := n.openLots(peers); err != nil {
		return err
	}
	if err := n.openDesk(pool); err != nil {
		return err
	}
	return n.openExchange()
}

// openGossip starts the health hints, or starts them anew with other nodes.
func (n *Node) openGossip() error {
	before := n.gossip.Swap(nil)
	if before != nil {
		if err := before.Close(); err != nil {
			return err
		}
	}
	gossip, err := membership.StartGossip(membership.GossipConfig{
		NodeID: n.cfg.Node, Genesis: n.gossipers(), Network: n.genesis.Network(), Bind: n.cfg.Listen.Gossip,
		Keys: [][]byte{n.secrets.gossip}, Signer: n.secrets.log, Version: Version, Clock: time.Now, Logger: n.log,
	})
	if err != nil {
		return fmt.Errorf("couldn't start the health gossip on %s: %w", n.cfg.Listen.Gossip, err)
	}
	if n.gossip.Store(gossip); before == nil {
		n.onClose(n.closeGossip)
	}
	return nil
}

func (n *Node) closeGossip() error {
	if g := n.gossip.Swap(nil); g != nil {
		return g.Close()
	}
	return nil
}

// Run serves until ctx ends or something that the node cannot live without
// fails, and then closes everything: doors first, stores last.
func (n *Node) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	servers, err := n.servers()
	if err != nil {
		return errors.Join(err, n.close())
	}
	for _, s := range servers {
		group.Go(func() error {
			if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("the %s door failed: %w", s.name, err)
			}
			return nil
		})
	}
	group.Go(func() error { return n.desk.Run(ctx) })
	group.Go(func() error { n.keeper.Run(ctx); return nil })
	group.Go(func() error { n.witness.Run(ctx); return nil })
	group.Go(func() error { n.mover.Run(ctx); return nil })
	group.Go(func() error { n.docket.Run(ctx); return nil })
	group.Go(func() error { return n.exchange.Load().Run(ctx) })
	group.Go(func() error { return n.steward().run(ctx) })
	group.Go(func() error {
		n.lots.Run(ctx, func(record string) { n.agenda.keep(record) })
		return nil
	})
	group.Go(func() error { n.sealer().run(ctx); return nil })
	group.Go(func() error { n.anchorer.run(ctx); return nil })
	group.Go(func() error { n.verifyAccess(ctx); return nil })
	group.Go(func() error { n.noteActs(ctx); return nil })
	group.Go(func() error { n.regroup(ctx); return nil })
	if n.console != nil {
		group.Go(func() error { n.console.Run(ctx); return nil })
	}
	group.Go(func() error { return n.resubmit(ctx) })
	if n.clock != nil {
		group.Go(func() error { n.followLedgerTime(ctx); return nil })
	}
	group.Go(func() error {
		select {
		case <-ctx.Done():
			return nil
		case <-n.replica.Failed():
			return fmt.Errorf("the replica stopped: %w", n.replica.Err())
		}
	})
	n.log.Info("serving", "node", n.cfg.Node, "public", n.cfg.Listen.Public, "peer", n.cfg.Listen.Peer, "admin", n.cfg.Listen.Admin,
		"network", n.genesis.Genesis.Name, "clock", n.genesis.Genesis.Clock, "version", Version)
	<-ctx.Done()
	n.log.Info("stopping")
	n.public.Close()
	for _, s := range servers {
		s.stop()
	}
	return errors.Join(group.Wait(), n.close())
}

// followLedgerTime keeps a practice network's clock from falling behind the
// ledger.
func (n *Node) followLedgerTime(ctx context.Context) {
	for size := uint64(0); ; {
		view := n.stores.state.View()
		standing, err := n.ledger.Books(view).Standing()
		if err == nil {
			size = standing.Size
			n.clock.catchUp(time.UnixMilli(standing.LedgerTime))
		}
		_ = view.Close()
		if _, err := n.replica.WaitSize(ctx, size); err != nil {
			return
		}
	}
}

// server is one door.
type server struct {
	name     string
	http     *http.Server
	listener net.Listener
}

func (s server) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), closePatience)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		_ = s.http.Close()
	}
}

// servers opens the listeners of all doors.
func (n *Node) servers() ([]server, error) {
	front, err := n.front()
	if err != nil {
		return nil, err
	}
	publicListener, err := net.Listen("tcp", n.cfg.Listen.Public)
	if err != nil {
		return nil, fmt.Errorf("couldn't listen on %s (listen.public): %w", n.cfg.Listen.Public, err)
	}
	config, err := n.publicTLS()
	if err == nil && config == nil && !serve.IsLoopback(publicListener.Addr()) {
		err = fmt.Errorf("plain HTTP is served on loopback only, not on %s; set tls.cert and tls.key", n.cfg.Listen.Public)
	}
	if err != nil {
		return nil, errors.Join(err, publicListener.Close())
	}
	adminListener, err := net.Listen("tcp", n.cfg.Listen.Admin)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("couldn't listen on %s (listen.admin): %w", n.cfg.Listen.Admin, err), publicListener.Close())
	}
	readers, err := n.logServer()
	if err != nil {
		return nil, errors.Join(err, publicListener.Close(), adminListener.Close())
	}
	peerServer := serve.NewServer(n.peerHandler(), n.log)
	peerServer.ConnContext = transport.ConnContext
	return append(readers, []server{
		{"public", serve.NewServer(front, n.log), serve.Listen(publicListener, config, serve.MaxConns)},
		{"peer", peerServer, n.transport.PeerListener()},
		{"admin", serve.NewServer(admin.New(admin.Config{Checks: n.checks(), Nodes: n.nodes, Voided: n.voided.list, Registry: n.reg, Log: n.log}), n.log), adminListener},
	}...), nil
}

// publicTLS is the public door's TLS, or nil for plain HTTP on loopback. Clients
// may show a certificate of this region, to which a token can be bound; the gate
// compares the two. Naming the region's roots keeps browsers from asking people
// for certificates that have nothing to do with it.
func (n *Node) publicTLS() (*tls.Config, error) {
	if n.cfg.TLS.Cert == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(n.cfg.TLS.Cert, n.cfg.TLS.Key)
	if err != nil {
		return nil, fmt.Errorf("couldn't load the public certificate (tls): %w", err)
	}
	roots := x509.NewCertPool()
	for _, der := range n.genesis.Region(n.cfg.Region).Roots {
		root, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("couldn't read this region's roots in the genesis: %w", err)
		}
		roots.AddCert(root)
	}
	return &tls.Config{
		Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13, NextProtos: []string{"h2", "http/1.1"},
		ClientAuth: tls.RequestClientCert, ClientCAs: roots,
	}, nil
}
