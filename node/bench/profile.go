package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// profile takes a CPU profile of every node while a phase runs. The returned
// function waits for them.
func (c *sandiCluster) profile(dir string, d time.Duration) (wait func() error) {
	failed := make([]error, len(c.servers))
	var wg sync.WaitGroup
	for i, r := range c.network.Regions {
		wg.Go(func() {
			url := fmt.Sprintf("%s/debug/pprof/profile?seconds=%d", c.network.AdminURL(i), int(max(d, time.Second).Seconds()))
			failed[i] = save(url, filepath.Join(dir, r.Code+".pprof"))
		})
	}
	return func() error {
		wg.Wait()
		return errors.Join(failed...)
	}
}

// save writes what url answers into a file.
func save(url, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("couldn't make the folder of a profile: %w", err)
	}
	answer, err := http.Get(url)
	if err != nil {
		return fmt.Errorf("couldn't take a profile: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("couldn't take a profile: %s", answer.Status)
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("couldn't write a profile: %w", err)
	}
	_, err = io.Copy(f, answer.Body)
	return errors.Join(err, f.Close())
}

// entries is how many Raft entries the first node has applied; 0 when it does
// not say.
func (c *sandiCluster) entries() float64 {
	answer, err := http.Get(c.network.AdminURL(0) + "/metrics")
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), "sandi_replica_entries_applied_total "); ok {
			n, _ := strconv.ParseFloat(value, 64)
			return n
		}
	}
	return 0
}
