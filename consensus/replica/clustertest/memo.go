package clustertest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/statement"
)

// newID gives ids that no other statement of the cluster has.
func (c *Cluster) newID() string {
	entropy := make([]byte, 10)
	binary.BigEndian.PutUint64(entropy[2:], c.ids.Add(1))
	return statement.NewID(c.Clock(), bytes.NewReader(entropy))
}

// sign makes a statement of a region by its statement key.
func (c *Cluster) sign(region, kind, record, prev string, body []byte) ([]byte, *statement.Statement) {
	return c.signAs(region, region, kind, record, prev, body)
}

// signAs makes a statement of a region by the statement key of signer.
func (c *Cluster) signAs(signer, region, kind, record, prev string, body []byte) ([]byte, *statement.Statement) {
	person := make([]byte, 16)
	raw, st, err := statement.Sign(c.Keys.Region(signer).Statement, statement.Payload{
		Network: c.Signed.Network(), Kind: kind, V: statement.Version, ID: c.newID(), Region: region, Record: record, Prev: prev,
		At:      statement.FormatAt(c.Clock().Unix()),
		Actor:   statement.Actor{Role: "officer", Org: region + "-SJ", Person: strict.B64(person)},
		Request: statement.RequestDigest(body), Body: body,
	})
	if err != nil {
		panic(fmt.Sprintf("couldn't sign a memo: %v", err)) // the memo law is this package's own
	}
	return raw, st
}

// OpenMemo signs the opening of a memo of region.
func (c *Cluster) OpenMemo(region string) []byte { return c.ForgeMemo(region, region) }

// ForgeMemo signs the opening of a memo of region with the key of signer. Both
// name their keys alike, so that only the signature tells.
func (c *Cluster) ForgeMemo(signer, region string) []byte {
	reader := c.Keys.Regions[0].Code + "-SJ"
	if region == c.Keys.Regions[0].Code {
		reader = c.Keys.Regions[1].Code + "-SJ"
	}
	fields := fmt.Sprintf(`{"reader_org":%q}`, reader)
	raw, _ := c.signAs(signer, region, statement.KindRecordOpen, "", "", statement.OpenBody{Procedure: "memo", Fields: []byte(fields)}.Marshal())
	return raw
}

// AddNote signs a note on top of prev, the head of the memo.
func (c *Cluster) AddNote(region, record, prev, note string) []byte {
	fields := fmt.Sprintf(`{"note":%q}`, note)
	raw, _ := c.sign(region, statement.KindRecordAct, record, prev, statement.ActBody{Event: "add", Fields: []byte(fields)}.Marshal())
	return raw
}

// Submit submits at a node and remembers what was acknowledged, for CheckAll.
func (c *Cluster) Submit(ctx context.Context, n *Node, raw []byte) (ledger.Result, error) {
	p := n.Now()
	if p == nil {
		return ledger.Result{}, replica.ErrClosed
	}
	res, err := p.Replica.Submit(ctx, raw)
	if err == nil && res.Status == ledger.Committed {
		c.history.acknowledge(res)
	}
	return res, err
}

// Write submits and fails the test unless the statement is committed.
func (c *Cluster) Write(n *Node, raw []byte) ledger.Result {
	c.t.Helper()
	res, err := c.settle(n, raw)
	if err != nil {
		c.t.Fatalf("%s: %v", n.ID, err)
	}
	return res
}

// settleTries is how often a statement is submitted whose outcome stays unknown.
const settleTries = 3

// settle submits until the statement is committed. An unknown outcome is no
// failure: the same statement, asked for again, gets its one answer.
func (c *Cluster) settle(n *Node, raw []byte) (res ledger.Result, err error) {
	for range settleTries {
		if res, err = c.try(n, raw); !errors.Is(err, replica.ErrUnknownOutcome) {
			break
		}
	}
	if err == nil && res.Status != ledger.Committed {
		err = fmt.Errorf("refused: %+v", res.Refusal)
	}
	return res, err
}

func (c *Cluster) try(n *Node, raw []byte) (ledger.Result, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return c.Submit(ctx, n, raw)
}

// Fill writes count memos at a node, a batch of them at a time.
func (c *Cluster) Fill(n *Node, count int) {
	c.t.Helper()
	const together = 128
	for count > 0 {
		batch := min(count, together)
		errs := make(chan error, batch)
		for range batch {
			raw := c.OpenMemo(n.Region)
			go func() {
				_, err := c.settle(n, raw)
				errs <- err
			}()
		}
		for range batch {
			if err := <-errs; err != nil {
				c.t.Fatalf("%s: %v", n.ID, err)
			}
		}
		count -= batch
	}
}

// Head reads a memo's head at a node, as far as mode promises.
func (c *Cluster) Head(ctx context.Context, n *Node, mode replica.Mode, record string) (string, error) {
	p := n.Now()
	if p == nil {
		return "", replica.ErrClosed
	}
	view, err := p.Replica.View(ctx, replica.Consistency{Mode: mode})
	if err != nil {
		return "", err
	}
	defer view.Close()
	rec, err := p.Ledger.Books(view).Record(record)
	if err != nil {
		return "", err
	}
	if rec == nil {
		return "", nil
	}
	return rec.Head, nil
}
