package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// etcdCluster is three etcd members on loopback with TLS for clients and peers.
type etcdCluster struct {
	binary    string
	endpoints string
	tls       benchTLS
	servers   []*server
	size      int
	conns     map[int]int // clients -> the better connection count, found in the warm-up
}

// buildEtcd compiles the pinned etcd of the nested module.
func buildEtcd(ctx context.Context, dir string) (string, error) {
	binary := filepath.Join(dir, "etcdbench")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", binary, ".")
	cmd.Dir = filepath.Join("node", "bench", "etcd")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("couldn't build etcd: %w: %s", err, bytes.TrimSpace(out))
	}
	return binary, nil
}

func startEtcd(dir, binary string, t benchTLS, size int) (*etcdCluster, error) {
	c := &etcdCluster{binary: binary, tls: t, size: size, conns: map[int]int{}}
	var initial, endpoints []string
	for i := range 3 {
		initial = append(initial, fmt.Sprintf("m%d=https://127.0.0.1:%d", i, 24790+i))
		endpoints = append(endpoints, fmt.Sprintf("https://127.0.0.1:%d", 23790+i))
	}
	c.endpoints = strings.Join(endpoints, ",")
	for i := range 3 {
		peer := strings.SplitN(initial[i], "=", 2)[1]
		s, err := startServer(dir, fmt.Sprintf("etcd-%d", i), false, binary, "serve",
			"--name", fmt.Sprintf("m%d", i), "--data-dir", filepath.Join(dir, fmt.Sprintf("etcd-%d", i)),
			"--listen-client-urls", endpoints[i], "--advertise-client-urls", endpoints[i],
			"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", strings.Join(initial, ","),
			"--cert-file", t.serverCert, "--key-file", t.serverKey, "--trusted-ca-file", t.ca, "--client-cert-auth",
			"--peer-cert-file", t.serverCert, "--peer-key-file", t.serverKey, "--peer-trusted-ca-file", t.ca, "--peer-client-cert-auth",
			"--log-level", "error")
		if err != nil {
			c.stop()
			return nil, err
		}
		c.servers = append(c.servers, s)
	}
	err := until(30*time.Second, "etcd", func(ctx context.Context) error {
		_, err := c.load(ctx, "put", 1, 1, time.Second)
		return err
	})
	if err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

func (c *etcdCluster) stop() {
	for _, s := range c.servers {
		s.stop()
	}
}

// run drives op with the better connection count for that many clients.
func (c *etcdCluster) run(ctx context.Context, op string, clients int, d time.Duration) (sample, error) {
	conns := c.conns[clients]
	if conns == 0 {
		one, err := c.load(ctx, "put", clients, clients, d)
		if err != nil {
			return sample{}, err
		}
		shared, err := c.load(ctx, "put", clients, max(1, clients/8), d)
		if err != nil {
			return sample{}, err
		}
		if conns = clients; shared.OpsPerS > one.OpsPerS {
			conns = max(1, clients/8)
		}
		c.conns[clients] = conns
	}
	return measure(c.servers, func() (sample, error) { return c.load(ctx, op, clients, conns, d) })
}

func (c *etcdCluster) load(ctx context.Context, op string, clients, conns int, d time.Duration) (sample, error) {
	cmd := exec.CommandContext(ctx, c.binary, "load", "-endpoints", c.endpoints, "-cacert", c.tls.ca, "-cert", c.tls.clientCert,
		"-key", c.tls.clientKey, "-clients", fmt.Sprint(clients), "-conns", fmt.Sprint(conns), "-duration", d.String(),
		"-size", fmt.Sprint(c.size), "-op", etcdOps[op])
	return runLoad(cmd)
}

var etcdOps = map[string]string{opWrite: "put", opReadLinearizable: "get-linearizable", opReadLocal: "get-serializable", "put": "put"}

// runLoad runs a load process, which prints one JSON line, and adds its own
// processor time: it shares the machine with the servers.
func runLoad(cmd *exec.Cmd) (sample, error) {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return sample{}, fmt.Errorf("couldn't drive the load: %w: %s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	var s sample
	if err := json.Unmarshal(out, &s); err != nil {
		return sample{}, fmt.Errorf("couldn't read the load's result: %w", err)
	}
	if s.Ops > 0 {
		used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		s.ClientCPUPerOpUS = float64(used.Microseconds()) / float64(s.Ops)
	}
	return s, nil
}
