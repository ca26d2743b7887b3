package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/node/demo"
	"sandi.internal/gateway/node/demo/threeyears"
)

// bulkPlan is what a measurement of file transfers does.
type bulkPlan struct {
	sandi    string
	rounds   int
	duration time.Duration // of the writes beside a transfer
	mib      int64         // size of a file
	limit    int64         // memory of each node, MiB; 0: not limited
}

const (
	bulkGoal  = 1.0 // throughput, against curl from nginx
	delayGoal = 2.0 // p99 of writes beside a transfer, against idle
	// bulkClients write beside a transfer: a bureau's desks, not a flood.
	bulkClients  = 8
	bulkPatience = 20 * time.Minute
)

var (
	bulkSender   = threeyears.Actor{Region: "110000", Org: "110115-SJ", Role: "liaison", Person: "bench-sender"}
	bulkReceiver = threeyears.Actor{Region: "130000", Org: "130600-SJ", Role: "liaison", Person: "bench-receiver"}
)

// bulkFigures are what one round measured.
type bulkFigures struct {
	Web   float64 `json:"nginx_mib_per_s"` // to disk, synced, digest computed
	Ours  float64 `json:"sandi_mib_per_s"` // from the offer to the receipt on the ledger
	Idle  float64 `json:"p99_idle_ms"`
	Busy  float64 `json:"p99_transfer_ms"`
	Bytes int64   `json:"bytes"`
}

// runBulk measures, round by round, a file fetched by curl from nginx and one handed
// over from one bureau's vault to another's, and the writes with and without a
// transfer under way. It prints a line a round and a JSON object.
func runBulk(ctx context.Context, p bulkPlan) error {
	dir, err := os.MkdirTemp("", "sandi-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	certs, err := newBenchTLS(dir)
	if err != nil {
		return err
	}
	memory, err := newMemoryGroups(p.limit)
	if err != nil {
		return err
	}
	defer memory.remove()
	ours, err := startSandi(ctx, dir, p.sandi, certs, ourPortBase, memory)
	if err != nil {
		return err
	}
	defer ours.stop()
	b := &bulk{plan: p, dir: dir, cluster: ours}
	if b.doors, err = bulkDoors(ours.dir, certs.ca); err != nil {
		return err
	}
	if b.web, err = startWeb(dir, certs); err != nil {
		return err
	}
	defer b.web.stop()
	var rounds []bulkFigures
	for round := range p.rounds {
		f, err := b.round(ctx)
		if err != nil {
			return errors.Join(err, memory.blame())
		}
		rounds = append(rounds, f)
		progress("round %d/%d  nginx and curl %6.0f MiB/s   sandi %6.0f MiB/s   ratio %.2f   p99 of writes idle %6.1f ms, beside a transfer %6.1f ms   ratio %.2f   RSS %.0f MiB",
			round+1, p.rounds, f.Web, f.Ours, f.Ours/f.Web, f.Idle, f.Busy, f.Busy/f.Idle, b.rss)
	}
	of := func(figure func(bulkFigures) float64) float64 { return median(rounds, figure) }
	web, mine := of(func(f bulkFigures) float64 { return f.Web }), of(func(f bulkFigures) float64 { return f.Ours })
	idle, busy := of(func(f bulkFigures) float64 { return f.Idle }), of(func(f bulkFigures) float64 { return f.Busy })
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"mib": p.mib, "limit_mib": p.limit, "rss_mib": b.rss,
		"nginx_mib_per_s": web, "sandi_mib_per_s": mine, "ratio": mine / web, "goal": bulkGoal,
		"p99_idle_ms": idle, "p99_transfer_ms": busy, "delay": busy / idle, "delay_goal": delayGoal,
	})
}

// bulk measures on one network.
type bulk struct {
	plan    bulkPlan
	dir     string
	cluster *sandiCluster
	doors   threeyears.Doors
	web     *web
	rss     float64 // MiB, the most of any node
}

// file is random bytes on disk.
type file struct {
	path string
	sum  [sha256.Size]byte
}

func (b *bulk) size() int64 { return b.plan.mib << 20 }

// round measures both ways, then the writes. A vault knows what it has, so that
// every transfer has bytes of its own.
func (b *bulk) round(ctx context.Context) (f bulkFigures, err error) {
	f.Bytes = b.size()
	plain, err := b.random(b.web.folder)
	if err != nil {
		return f, err
	}
	stored, err := b.put(ctx, plain)
	if err != nil {
		return f, err
	}
	took, err := b.web.fetch(ctx, plain)
	if err != nil {
		return f, err
	}
	f.Web = float64(b.plan.mib) / took.Seconds()
	if took, err = b.hand(ctx, stored); err != nil {
		return f, err
	}
	f.Ours = float64(b.plan.mib) / took.Seconds()
	if err := os.Remove(plain.path); err != nil {
		return f, err
	}
	return f, b.writes(ctx, &f)
}

// writes measures p99 without and with transfers: one file after the other is
// handed over until the writes end.
func (b *bulk) writes(ctx context.Context, f *bulkFigures) error {
	const least = 512 // MiB that have to lie ready: transfers slow down while statements come
	var ready []string
	for have := int64(0); have < least; have += b.plan.mib {
		next, err := b.random(b.dir)
		if err != nil {
			return err
		}
		stored, err := b.put(ctx, next)
		if err := errors.Join(err, os.Remove(next.path)); err != nil {
			return err
		}
		ready = append(ready, stored)
	}
	idle, err := b.cluster.run(ctx, opWrite, bulkClients, b.plan.duration)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	handed := make(chan error, 1)
	go func() {
		for _, stored := range ready {
			if _, err := b.hand(ctx, stored); err != nil {
				handed <- err
				return
			}
		}
		handed <- nil
	}()
	busy, err := b.cluster.run(ctx, opWrite, bulkClients, b.plan.duration)
	if err != nil {
		return err
	}
	select {
	case err := <-handed:
		return errors.Join(err, errors.New("the transfers ended before the writes did; measure with larger files (-bulk) or for a shorter time (-duration)"))
	default:
	}
	if err := <-handed; err != nil {
		return err
	}
	if idle.Failed+busy.Failed > 0 {
		return fmt.Errorf("%d writes failed: %s%s", idle.Failed+busy.Failed, idle.FirstErr, busy.FirstErr)
	}
	f.Idle, f.Busy = idle.P99MS, busy.P99MS
	return nil
}

// random writes a new file.
func (b *bulk) random(folder string) (f file, err error) {
	f.path = filepath.Join(folder, client.NewKey())
	out, err := os.OpenFile(f.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644) //nolint:gosec // nginx reads it as another user
	if err != nil {
		return f, err
	}
	sum := sha256.New()
	_, err = io.CopyN(io.MultiWriter(out, sum), rand.Reader, b.size())
	sum.Sum(f.sum[:0])
	return f, errors.Join(err, out.Close())
}

// put stores a file in the sender's vault and tells its commitment.
func (b *bulk) put(ctx context.Context, f file) (string, error) {
	door, err := b.doors.Of(bulkSender)
	if err != nil {
		return "", err
	}
	m, err := door.PutFile(ctx, client.NewKey(), filepath.Base(f.path), b.size(), f.sum, func() (io.ReadCloser, error) { return os.Open(f.path) })
	return m.Commitment, err
}

// hand takes a file to the other bureau's vault: from the offer until the recipient
// has decrypted, hashed, encrypted and synced it and the ledger has its receipt.
func (b *bulk) hand(ctx context.Context, commitment string) (time.Duration, error) {
	from, err := b.doors.Of(bulkSender)
	if err != nil {
		return 0, err
	}
	to, err := b.doors.Of(bulkReceiver)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	offer, err := from.Offer(ctx, client.NewKey(), v1.OfferRequest{
		To: bulkReceiver.Org, Purpose: "（合成）测速", Basis: "（合成）测速", Materials: []string{commitment}, Role: bulkSender.Role,
	})
	if err != nil {
		return 0, err
	}
	err = until(bulkPatience, "a transfer", func(ctx context.Context) error {
		for _, s := range b.cluster.servers {
			if err := s.died(); err != nil {
				return err
			}
			b.rss = max(b.rss, s.rssMiB())
		}
		o, err := to.OfferByID(ctx, offer.Region, offer.ID)
		if err == nil && o.State != "fulfilled" {
			err = fmt.Errorf("the offer is %s, %s", o.State, o.Note)
		}
		return err
	})
	return time.Since(began), errors.Join(err, ctx.Err())
}

// bulkDoors are the doors of the measured network.
func bulkDoors(dir, ca string) (threeyears.Doors, error) {
	roots, err := loadPool(ca)
	if err != nil {
		return nil, err
	}
	transport := client.NewTransport()
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}
	return demo.DataDoors(dir, &http.Client{Transport: transport})
}
