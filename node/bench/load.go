package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/node/demo"
)

// loadMain is the load process for Sandi: it speaks plain HTTP requests, the
// cheapest honest client, and prints one JSON line.
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
	l, err := newLoad(*dir, *cacert, *op, *clients)
	if err != nil {
		return err
	}
	s, err := l.drive(*clients, *duration)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(s)
}

// load is one run: what to send, with which token, to which node.
type load struct {
	op    string
	http  *http.Client
	probe *demo.Probe
	nodes []loadNode
	run   string
}

type loadNode struct {
	region, url, token string
	records            []string // to read
}

func newLoad(dir, cacert, op string, clients int) (*load, error) {
	network, signed, err := demo.Existing(dir)
	if err != nil {
		return nil, err
	}
	l := &load{op: op, run: client.NewKey()}
	if l.probe, err = demo.LoadProbe(); err != nil {
		return nil, err
	}
	if l.http, err = tlsClient(cacert, clients); err != nil {
		return nil, err
	}
	for _, r := range signed.Genesis.Regions {
		token, err := network.Token(l.probe.Actor(r.Code))
		if err != nil {
			return nil, err
		}
		l.nodes = append(l.nodes, loadNode{region: r.Code, url: r.Nodes[0].Public, token: token})
	}
	return l, nil
}

// readSet is how many records the reads go round.
const readSet = 100

func (l *load) drive(clients int, d time.Duration) (sample, error) {
	ctx, cancel := context.WithTimeout(context.Background(), d+60*time.Second)
	defer cancel()
	if l.op != opWrite {
		if err := l.prepareReads(ctx); err != nil {
			return sample{}, err
		}
	}
	var mu sync.Mutex // guards firstErr and failed
	var firstErr error
	var failed int64
	samples := make([][]time.Duration, clients)
	var wg sync.WaitGroup
	start := time.Now()
	end := start.Add(d)
	for c := range clients {
		wg.Go(func() {
			node := l.nodes[c%len(l.nodes)]
			for n := 0; time.Now().Before(end); n++ {
				began := time.Now()
				if err := l.once(ctx, node, c, n); err != nil {
					mu.Lock()
					failed++
					firstErr = errors.Join(firstErr, err)
					mu.Unlock()
					if failed > 100 {
						return // a broken run need not go on
					}
					continue
				}
				samples[c] = append(samples[c], time.Since(began))
			}
		})
	}
	wg.Wait()
	return l.summary(samples, failed, firstErr, time.Since(start))
}

func (l *load) summary(samples [][]time.Duration, failed int64, firstErr error, took time.Duration) (sample, error) {
	all := slices.Concat(samples...)
	slices.Sort(all)
	if len(all) == 0 {
		return sample{}, fmt.Errorf("no operation succeeded: %w", firstErr)
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	s := sample{
		Ops: len(all), Failed: failed, Seconds: took.Seconds(), OpsPerS: float64(len(all)) / took.Seconds(),
		P50MS: ms(all[len(all)/2]), P99MS: ms(all[len(all)*99/100]), StatementBytes: l.statementBytes(),
	}
	if firstErr != nil {
		s.FirstErr = firstErr.Error()
	}
	return s, nil
}

func (l *load) once(ctx context.Context, node loadNode, c, n int) error {
	if l.op == opWrite {
		_, err := l.write(ctx, node, fmt.Sprintf("%s-%d-%d", l.run[10:], c, n))
		return err
	}
	consistency := "linearizable"
	if l.op == opReadLocal {
		consistency = "local"
	}
	url := node.url + "/v1/records/" + node.records[n%len(node.records)] + "?details=false&consistency=" + consistency
	_, err := l.do(ctx, node, http.MethodGet, url, nil, http.StatusOK)
	return err
}

func (l *load) write(ctx context.Context, node loadNode, n string) (v1.Receipt, error) {
	req, err := l.probe.Request(node.region, n)
	if err != nil {
		return v1.Receipt{}, err
	}
	body, err := json.Marshal(req)
	if err != nil {
		return v1.Receipt{}, err
	}
	answer, err := l.do(ctx, node, http.MethodPost, node.url+"/v1/records", body, http.StatusCreated)
	if err != nil {
		return v1.Receipt{}, err
	}
	var receipt v1.Receipt
	if err := json.Unmarshal(answer, &receipt); err != nil {
		return v1.Receipt{}, fmt.Errorf("couldn't read a receipt: %w", err)
	}
	return receipt, nil
}

func (l *load) do(ctx context.Context, node loadNode, method, url string, body []byte, want int) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+node.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", client.NewKey())
	}
	resp, err := l.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != want {
		return nil, fmt.Errorf("%s %s: status %d: %.200s", method, url, resp.StatusCode, answer)
	}
	return answer, nil
}

// prepareReads writes the records that the reads go round.
func (l *load) prepareReads(ctx context.Context) error {
	for i := range l.nodes {
		for n := range readSet {
			receipt, err := l.write(ctx, l.nodes[i], fmt.Sprintf("%s-r%d-%d", l.run[10:], i, n))
			if err != nil {
				return fmt.Errorf("couldn't write the records to read: %w", err)
			}
			l.nodes[i].records = append(l.nodes[i].records, receipt.Record)
		}
	}
	return nil
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

// statementBytes is the size of the statement that the node makes of one probe:
// the same payload, signed here with the same kind of key.
func (l *load) statementBytes() int {
	node := l.nodes[0]
	req, err := l.probe.Request(node.region, fmt.Sprintf("%s-%d-%d", l.run[10:], 1, 1000))
	if err != nil {
		return 0
	}
	key, err := keyring.Generate(keyring.EdDSA, keyring.UseStatement, "st-1")
	if err != nil {
		return 0
	}
	digest := statement.RequestDigest(nil)
	raw, _, err := statement.Sign(key, statement.Payload{
		Network: digest, Kind: statement.KindRecordOpen, ID: client.NewKey(), Region: node.region, At: statement.FormatAt(time.Now().Unix()),
		Actor:   statement.Actor{Role: l.probe.Role, Org: node.region + "-SJ", Person: "AAAAAAAAAAAAAAAAAAAAAA"},
		Request: digest, Body: statement.OpenBody{Procedure: req.Procedure, Fields: req.Fields}.Marshal(),
	})
	if err != nil {
		return 0
	}
	return len(raw)
}
