package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/node/demo"
)

// loadMain is the load process for Sandi: it speaks HTTP/1.1 over TLS, prepares
// its requests once, checks every answer, and prints one JSON line.
func loadMain(args []string) error {
	fs := flag.NewFlagSet("load", flag.ContinueOnError)
	dir := fs.String("dir", "", "folder of the network")
	cacert := fs.String("cacert", "", "CA of the public API")
	op := fs.String("op", opWrite, "write, read-linearizable or read-local")
	clients := fs.Int("clients", 64, "concurrent callers")
	duration := fs.Duration("duration", 5*time.Second, "length of the run")
	if err := fs.Parse(args); err != nil {
		return err
	}
	l, err := newLoad(*dir, *cacert, *op)
	if err != nil {
		return err
	}
	s, err := l.drive(*clients, *duration)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(s)
}

// load is one run: what to send, to which doors.
type load struct {
	op    string
	tls   *tls.Config
	probe *demo.Probe
	doors []*door
	run   string // part of every unique value

	failed   atomic.Int64
	firstErr atomic.Pointer[string]
}

// Bounds of a run.
const (
	readSet     = 100              // records that the reads go round, for each door
	failedMost  = 100              // a broken run need not go on
	answerGrace = 60 * time.Second // for preparing, and for the last answers
	opsExpected = 1 << 14          // room for one caller's samples
)

func newLoad(dir, cacert, op string) (*load, error) {
	network, signed, err := demo.Existing(dir)
	if err != nil {
		return nil, err
	}
	l := &load{op: op, run: client.NewKey()[20:]} // random digits
	if l.probe, err = demo.LoadProbe(); err != nil {
		return nil, err
	}
	roots, err := loadPool(cacert)
	if err != nil {
		return nil, err
	}
	l.tls = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"}}
	for _, r := range signed.Genesis.Regions {
		token, err := network.Token(l.probe.Actor(r.Code))
		if err != nil {
			return nil, err
		}
		d, err := newDoor(r.Code, r.Nodes[0].Public, token)
		if err != nil {
			return nil, err
		}
		l.doors = append(l.doors, d)
	}
	return l, nil
}

// drive lets the callers loose for a while. The clock starts when all are
// connected, as it does on etcd's side.
func (l *load) drive(clients int, d time.Duration) (sample, error) {
	callers, err := l.callers(clients, time.Now().Add(d+answerGrace))
	if err != nil {
		return sample{}, err
	}
	if l.op != opWrite {
		if err := l.prepareReads(callers[:min(len(l.doors), clients)]); err != nil {
			return sample{}, err
		}
	}
	samples := make([][]time.Duration, clients)
	var wg sync.WaitGroup
	start := time.Now()
	end := start.Add(d)
	for i, c := range callers {
		wg.Go(func() {
			defer c.hangUp()
			samples[i] = l.loop(c, end)
		})
	}
	wg.Wait()
	return l.summary(samples, time.Since(start))
}

// callers makes connected callers, spread over the doors.
func (l *load) callers(count int, giveUp time.Time) ([]*caller, error) {
	callers := make([]*caller, count)
	failed := make([]error, count)
	var wg sync.WaitGroup
	for i := range callers {
		d := l.doors[i%len(l.doors)]
		w, err := newWrite(d, l.probe, fmt.Sprintf("%s%03d", l.run, i))
		if err != nil {
			return nil, err
		}
		callers[i] = &caller{door: d, tls: l.tls, end: giveUp, write: w}
		wg.Go(func() { failed[i] = callers[i].dial() })
	}
	wg.Wait()
	return callers, errors.Join(failed...)
}

// loop is one caller's work: how long each operation took that succeeded.
func (l *load) loop(c *caller, end time.Time) []time.Duration {
	took := make([]time.Duration, 0, opsExpected)
	began := time.Now()
	for n := 0; began.Before(end); n++ {
		err := l.once(c, n)
		now := time.Now()
		if err == nil {
			took = append(took, now.Sub(began))
		} else if l.fail(err) > failedMost {
			break
		}
		began = now
	}
	return took
}

func (l *load) once(c *caller, n int) error {
	if l.op == opWrite {
		_, err := c.open(n)
		return err
	}
	return c.read(n)
}

// fail counts a failure and keeps the first one's text.
func (l *load) fail(err error) int64 {
	text := err.Error()
	l.firstErr.CompareAndSwap(nil, &text)
	return l.failed.Add(1)
}

// prepareReads writes the records that the reads go round: one caller for each
// door. Doors that no caller uses need none.
func (l *load) prepareReads(callers []*caller) error {
	consistency := "linearizable"
	if l.op == opReadLocal {
		consistency = "local"
	}
	for _, c := range callers {
		for n := range readSet {
			record, err := c.opened(n)
			if err != nil {
				return fmt.Errorf("couldn't write the records to read: %w", err)
			}
			c.door.readable(record, consistency)
		}
	}
	return nil
}

func (l *load) summary(samples [][]time.Duration, took time.Duration) (sample, error) {
	size, err := l.statementBytes()
	if err != nil {
		return sample{}, fmt.Errorf("couldn't tell the size of a statement: %w", err)
	}
	s := sample{Failed: l.failed.Load(), Seconds: took.Seconds(), StatementBytes: size}
	if first := l.firstErr.Load(); first != nil {
		s.FirstErr = *first
	}
	all := slices.Concat(samples...)
	slices.Sort(all)
	if len(all) == 0 {
		return sample{}, fmt.Errorf("no operation succeeded: %s", s.FirstErr)
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	s.Ops, s.OpsPerS = len(all), float64(len(all))/took.Seconds()
	s.P50MS, s.P99MS = ms(all[len(all)/2]), ms(all[len(all)*99/100])
	return s, nil
}

func loadPool(cacert string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(cacert)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the CA: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("no certificate in " + cacert)
	}
	return roots, nil
}
