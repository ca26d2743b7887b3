package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"sandi.internal/gateway/api/audit"
	"sandi.internal/gateway/api/serve"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/witness"
)

// openLog opens the ledger as a transparency log, for the public door and the
// read-only listener.
func (n *Node) openLog() (*audit.Log, error) {
	l, err := audit.New(audit.Config{
		Open: n.books, Notes: n.witness.Board(), Policy: func() checkpoint.Policy { return checkpoint.PolicyOf(n.today()) }, Network: n.genesis.Network(),
		Genesis: n.founded, Evidence: n.evidence, Delays: n.delays, Witness: outsideWitness{n.witness}, Logger: n.log,
		DrawText: n.lots.Text, PolicyFile: n.ledger.PolicyFileAt,
	})
	if err != nil {
		return nil, fmt.Errorf("couldn't open the transparency log: %w", err)
	}
	return l, nil
}

// books opens this node's own ledger, as far as it has applied it.
func (n *Node) books() (*ledger.Books, func(), error) {
	view := n.stores.state.View()
	return n.ledger.Books(view), func() { _ = view.Close() }, nil
}

// evidence is what this node holds against anybody, as the log shows it.
func (n *Node) evidence() []audit.Evidence {
	var list []audit.Evidence
	for _, e := range n.witness.Evidence() {
		list = append(list, audit.Evidence{ID: e.ID, Why: e.Why, Seen: e.Seen, From: e.From, First: e.First, Second: e.Second})
	}
	return list
}

// outsidePatience bounds what the witness does for a caller that nobody knows.
const outsidePatience = 5 * time.Second

// outsideWitness answers C2SP clients from outside the federation.
type outsideWitness struct{ w *witness.Witness }

// AddCheckpoint implements audit.Witness.
func (o outsideWitness) AddCheckpoint(body []byte) (status int, media string, answer []byte) {
	ctx, cancel := context.WithTimeout(context.Background(), outsidePatience)
	defer cancel()
	a := o.w.AddCheckpoint(ctx, "", body)
	return a.Status, a.Media, a.Body
}

// logServer is the read-only listener, when the operator has switched it on: the
// log for standard clients, which have no token to show.
func (n *Node) logServer() ([]server, error) {
	if n.cfg.Listen.Log == "" {
		return nil, nil
	}
	listener, err := net.Listen("tcp", n.cfg.Listen.Log)
	if err != nil {
		return nil, fmt.Errorf("couldn't listen on %s (listen.log): %w", n.cfg.Listen.Log, err)
	}
	config, err := n.publicTLS()
	if isLoopback(n.cfg.Listen.Log) {
		config = nil // tools on this machine know no name of the certificate
	}
	if err == nil && config == nil && !serve.IsLoopback(listener.Addr()) {
		err = fmt.Errorf("plain HTTP is served on loopback only, not on %s (listen.log); set tls.cert and tls.key", n.cfg.Listen.Log)
	}
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	handler := n.tlog.Handler(n.logHosts(), n.reg)
	return []server{{"log", serve.NewServer(handler, n.log), serve.Listen(listener, config, serve.MaxConns)}}, nil
}

// logHosts are the names under which the read-only listener answers, beside IP
// addresses. Whoever reaches it reads everything, so a page in a browser of this
// network must not get there under a name of its own choice.
func (n *Node) logHosts() []string {
	host, _, _ := net.SplitHostPort(n.cfg.Listen.Log) // check has seen it
	return append(n.hosts(), "localhost", host)
}
