//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/sleep"
	"sandi.internal/gateway/node/demo"
)

const (
	// transferSize is what each transfer moves while its nodes are killed.
	transferSize = 64 << 20
	// killWithin is when nodes are killed after the offer: a transfer of that size
	// takes about as long.
	killWithin = 700 * time.Millisecond
	// transferPatience covers the restart of a node and the pauses between attempts.
	transferPatience = 2 * time.Minute
)

// Ensure the three files of the demo arrive and its receipt convinces the auditor's
// own program.
func TestDemoTransfer(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	out := run(t, 0, "sandi", "demo", "transfer", "--once", "--dir", dir, "--port-base", "20000", "--big", "16", "-o", "json")
	var got demo.Transferred
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !got.OK || len(got.Steps) != 11 || got.Looks < 7 || got.Bytes < 16<<20 || got.Record == "" {
		t.Fatalf("%+v", got)
	}
	run(t, 0, "sandi-audit", "verify", got.Receipt, "--keys", got.Keys)
	text, err := os.ReadFile(got.Receipt)
	if err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(dir, "changed.json")
	at := bytes.Index(text, []byte(`"leaf"`)) + 200 // inside the entry's bytes
	text[at] ^= 1
	write(t, changed, string(text))
	run(t, 3, "sandi-audit", "verify", changed, "--keys", got.Keys)
}

// Ensure kill -9 of sender or receiver at a random point of a transfer only delays
// it: it completes, equal to the last byte, with one receipt. The soak does it a
// hundred times.
func TestKilledTransfers(t *testing.T) {
	kills := 5
	if os.Getenv("SANDI_SOAK") != "" {
		kills = 100
	}
	r := startDemo(t, "transfer", "--big", "1")
	network, signed, err := demo.Existing(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	c := &couple{t: t, network: network, doors: map[string]*client.Client{}, url: map[string]string{}}
	for _, region := range signed.Genesis.Regions {
		c.url[region.Code] = region.Nodes[0].Public
	}
	for i := range kills {
		c.transfer(i, r.dir)
	}
	if got := c.receipts(); got != kills+1 { // and that of the demo itself
		t.Errorf("%d receipts of %d offers", got, kills+1)
	}
}

// couple are the two bureaus of the transfers.
type couple struct {
	t       *testing.T
	network *demo.Network
	url     map[string]string
	doors   map[string]*client.Client
}

const (
	giver = "110000"
	taker = "130000"
)

func (c *couple) door(region string) *client.Client {
	c.t.Helper()
	if c.doors[region] == nil {
		actor := demo.Actor{Region: region, Org: region + "-SJ", Role: "liaison", Person: "e2e-liaison"}
		door, err := client.New(client.Options{
			Base: c.url[region], Retry: client.Retry{Total: transferPatience, First: 50 * time.Millisecond, Most: time.Second},
			Token: func(context.Context) (string, error) { return c.network.Token(actor) },
		})
		if err != nil {
			c.t.Fatal(err)
		}
		c.doors[region] = door
	}
	return c.doors[region]
}

// transfer offers new content, kills one of the nodes while it is on its way, and
// waits for the end.
func (c *couple) transfer(n int, dir string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), transferPatience)
	defer cancel()
	content := make([]byte, transferSize)
	_, _ = rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), 0xe2}).Read(content) // never fails
	m, err := c.door(giver).PutMaterial(ctx, client.NewKey(), fmt.Sprintf("footage-%d.mp4", n), content)
	if err != nil {
		c.t.Fatal(err)
	}
	offer, err := c.door(giver).Offer(ctx, client.NewKey(), v1.OfferRequest{To: taker + "-SJ", Purpose: "e2e", Basis: "e2e", Materials: []string{m.Commitment}})
	if err != nil {
		c.t.Fatal(err)
	}
	after := rand.N(killWithin)
	victim := []string{giver, taker}[n%2]
	time.Sleep(after) // not a wait for anything: the random point
	c.kill(filepath.Join(dir, victim, "pid"))
	c.t.Logf("transfer %d: node of %s killed after %s", n, victim, after.Round(time.Millisecond))
	for {
		o, err := c.door(taker).OfferByID(ctx, offer.Region, offer.ID)
		if err == nil && o.State == "fulfilled" {
			break
		}
		if err == nil && o.State != "open" || ctx.Err() != nil {
			c.t.Fatalf("transfer %d: the offer is %s, %s: %v, %v", n, o.State, o.Note, err, ctx.Err())
		}
		_ = sleep.For(ctx, 100*time.Millisecond)
	}
	want := sha256.Sum256(content)
	for {
		body, err := c.door(taker).Material(ctx, m.Commitment, "")
		if err == nil {
			sum := sha256.New()
			_, err = io.Copy(sum, body)
			body.Close()
			if err == nil && !bytes.Equal(sum.Sum(nil), want[:]) {
				c.t.Fatalf("transfer %d came out different", n)
			}
		}
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			c.t.Fatalf("transfer %d: %v", n, err)
		}
		_ = sleep.For(ctx, 100*time.Millisecond)
	}
}

func (c *couple) kill(file string) {
	c.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		c.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		c.t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		c.t.Fatal(err)
	}
}

// receipts counts the receipts on the ledger.
func (c *couple) receipts() (n int) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), transferPatience)
	defer cancel()
	for after := ""; ; {
		page, err := c.door(taker).EventPage(ctx, after, 0)
		if err != nil {
			c.t.Fatal(err)
		}
		for _, e := range page.Events {
			if e.Data.Kind == "exchange.receipt" {
				n++
			}
		}
		if len(page.Events) == 0 {
			return n
		}
		after = page.Cursor
	}
}
