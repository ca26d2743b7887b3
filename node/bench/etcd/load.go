package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// outcome is what one load run measured; the driver reads it as JSON.
type outcome struct {
	Ops      int     `json:"ops"`
	Failed   int64   `json:"failed"`
	OpsPerS  float64 `json:"ops_per_s"`
	P50MS    float64 `json:"p50_ms"`
	P99MS    float64 `json:"p99_ms"`
	Seconds  float64 `json:"seconds"`
	FirstErr string  `json:"first_error,omitempty"`
}

// load runs -clients concurrent callers over -conns connections for -duration.
func load(args []string) error {
	fs := flag.NewFlagSet("load", flag.ContinueOnError)
	endpoints := fs.String("endpoints", "", "comma-separated https URLs")
	cacert := fs.String("cacert", "", "CA of the servers")
	cert := fs.String("cert", "", "client certificate")
	key := fs.String("key", "", "client key")
	clients := fs.Int("clients", 64, "concurrent callers")
	conns := fs.Int("conns", 8, "gRPC connections they share")
	duration := fs.Duration("duration", 5*time.Second, "length of the run")
	size := fs.Int("size", 600, "bytes of a value")
	op := fs.String("op", "put", "put, get-linearizable or get-serializable")
	if err := fs.Parse(args); err != nil {
		return err
	}
	tlsConfig, err := clientTLS(*cacert, *cert, *key)
	if err != nil {
		return err
	}
	pool := make([]*clientv3.Client, max(1, min(*conns, *clients)))
	for i := range pool {
		eps := rotate(strings.Split(*endpoints, ","), i)
		pool[i], err = clientv3.New(clientv3.Config{Endpoints: eps[:1], TLS: tlsConfig, DialTimeout: 10 * time.Second, Logger: zap.NewNop()})
		if err != nil {
			return fmt.Errorf("couldn't connect: %w", err)
		}
		defer pool[i].Close()
	}
	result, err := drive(pool, *clients, *duration, *size, *op)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}

func drive(pool []*clientv3.Client, clients int, duration time.Duration, size int, op string) (outcome, error) {
	ctx, cancel := context.WithTimeout(context.Background(), duration+30*time.Second)
	defer cancel()
	value := make([]byte, size)
	_, _ = rand.Read(value)
	prepared := len(pool) // every connection is open when the clock starts
	if op != "put" {
		prepared = max(prepared, readKeys)
	}
	for i := range prepared {
		if _, err := pool[i%len(pool)].Put(ctx, readKey(i), string(value)); err != nil {
			return outcome{}, fmt.Errorf("couldn't write the keys to read: %w", err)
		}
	}
	var failed atomic.Int64
	var firstErr atomic.Value
	samples := make([][]time.Duration, clients)
	var wg sync.WaitGroup
	run := fmt.Sprintf("%x", time.Now().UnixNano())
	start := time.Now()
	end := start.Add(duration)
	for c := range clients {
		wg.Go(func() {
			client := pool[c%len(pool)]
			for n := 0; time.Now().Before(end); n++ {
				began := time.Now()
				if err := once(ctx, client, op, fmt.Sprintf("%s/%d/%d", run, c, n), n, string(value)); err != nil {
					failed.Add(1)
					firstErr.CompareAndSwap(nil, err.Error())
					continue
				}
				samples[c] = append(samples[c], time.Since(began))
			}
		})
	}
	wg.Wait()
	elapsed := time.Since(start).Seconds()
	all := slices.Concat(samples...)
	slices.Sort(all)
	if len(all) == 0 {
		return outcome{}, fmt.Errorf("no operation succeeded: %v", firstErr.Load())
	}
	result := outcome{
		Ops: len(all), Failed: failed.Load(), Seconds: elapsed, OpsPerS: float64(len(all)) / elapsed,
		P50MS: ms(all[len(all)/2]), P99MS: ms(all[len(all)*99/100]),
	}
	if e, ok := firstErr.Load().(string); ok {
		result.FirstErr = e
	}
	return result, nil
}

// readKeys is how many keys the reads go round, as many as on Sandi's side.
const readKeys = 300

func readKey(n int) string { return fmt.Sprintf("read/%04d", n%readKeys) }

func once(ctx context.Context, client *clientv3.Client, op, key string, n int, value string) error {
	var err error
	switch op {
	case "put":
		_, err = client.Put(ctx, key, value)
	case "get-linearizable":
		_, err = client.Get(ctx, readKey(n))
	case "get-serializable":
		_, err = client.Get(ctx, readKey(n), clientv3.WithSerializable())
	default:
		err = errors.New("unknown -op " + op)
	}
	return err
}

func clientTLS(cacert, cert, key string) (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("couldn't load the client certificate: %w", err)
	}
	ca, err := os.ReadFile(cacert)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the CA: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return nil, errors.New("no certificate in " + cacert)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots, MinVersion: tls.VersionTLS13}, nil
}

func rotate(s []string, by int) []string {
	by %= len(s)
	return append(slices.Clone(s[by:]), s[:by]...)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
