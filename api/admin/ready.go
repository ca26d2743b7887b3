package admin

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// probeTimeout bounds all checks of one request together; a load balancer asks
// every few seconds.
const probeTimeout = 3 * time.Second

// Check is one thing that has to hold for a node to be ready. Probe returns nil
// or a reason for people, and honours its context.
type Check struct {
	Name  string // short, stable, e.g. "leader"
	Probe func(context.Context) error
	Warn  bool // a failure is shown but does not make the node unready, e.g. a certificate near its end
}

// ready answers 200 or 503; with ?verbose it lists every check.
func ready(checks []Check) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), probeTimeout)
		defer cancel()
		errs := probe(ctx, checks)
		status, lines := http.StatusOK, strings.Builder{}
		for i, c := range checks {
			switch {
			case errs[i] == nil:
				fmt.Fprintf(&lines, "[+] %s ok\n", c.Name)
			case c.Warn:
				fmt.Fprintf(&lines, "[!] %s warning: %s\n", c.Name, oneLine(errs[i]))
			default:
				status = http.StatusServiceUnavailable
				fmt.Fprintf(&lines, "[-] %s failed: %s\n", c.Name, oneLine(errs[i]))
			}
		}
		verdict := "ready\n"
		if status != http.StatusOK {
			verdict = "not ready\n"
		}
		if _, verbose := r.URL.Query()["verbose"]; !verbose {
			lines.Reset()
		}
		text(w, status, lines.String()+verdict)
	}
}

// probe runs the checks side by side, so that one hanging disk costs one
// timeout and not the sum. A probe that ignores its context is given up on.
func probe(ctx context.Context, checks []Check) []error {
	errs := make([]error, len(checks))
	var mu sync.Mutex // guards errs: a probe given up on may still answer
	var wg sync.WaitGroup
	for i, c := range checks {
		errs[i] = context.DeadlineExceeded
		wg.Go(func() {
			err := c.Probe(ctx)
			mu.Lock()
			defer mu.Unlock()
			errs[i] = err
		})
	}
	all := make(chan struct{})
	go func() { wg.Wait(); close(all) }()
	select {
	case <-all:
	case <-ctx.Done():
	}
	mu.Lock()
	defer mu.Unlock()
	return append([]error(nil), errs...)
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
