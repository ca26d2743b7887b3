package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// clockTick is the unit of the CPU times in /proc (USER_HZ, 100 on Linux).
const clockTick = 10 * time.Millisecond

// errDied says that a server ended by itself: waiting for it is no use.
var errDied = errors.New("a server ended")

// server is one measured process.
type server struct {
	cmd *exec.Cmd
	out string // file with what it printed
}

func startServer(dir, name string, stdin bool, command string, args ...string) (*server, error) {
	out := filepath.Join(dir, name+".log")
	f, err := os.Create(out)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	cmd := exec.Command(command, args...)
	cmd.Stdout, cmd.Stderr = f, f
	if stdin { // held open for the life of the bench: the node ends when we do
		if _, err := cmd.StdinPipe(); err != nil {
			return nil, err
		}
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("couldn't start %s: %w", name, err)
	}
	return &server{cmd: cmd, out: out}, nil
}

func (s *server) stop() {
	_ = s.cmd.Process.Signal(os.Interrupt)
	done := make(chan struct{})
	go func() { _ = s.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		_ = s.cmd.Process.Kill()
		<-done
	}
}

// kill ends the server as a power cut would, but for what the kernel still has.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// cpu is the processor time used so far, user and system.
func (s *server) cpu() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	rest := stat[bytes.LastIndexByte(stat, ')')+1:] // the name may hold anything
	fields := bytes.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(string(fields[11]), 10, 64)
	system, _ := strconv.ParseInt(string(fields[12]), 10, 64)
	return time.Duration(user+system) * clockTick
}

// rssMiB is the resident memory now.
func (s *server) rssMiB() float64 {
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	fields := bytes.Fields(statm)
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	return float64(pages) * float64(os.Getpagesize()) / (1 << 20)
}

// died tells why a server is no longer running, or nil.
func (s *server) died() error {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err == nil && !bytes.Contains(stat, []byte(") Z ")) {
		return nil
	}
	said, _ := os.ReadFile(s.out)
	lines := bytes.Split(bytes.TrimSpace(said), []byte("\n"))
	return fmt.Errorf("%w: %s", errDied, lines[len(lines)-1])
}

func totalCPU(servers []*server) time.Duration {
	var sum time.Duration
	for _, s := range servers {
		sum += s.cpu()
	}
	return sum
}

// until polls ready until it says yes or the time is up.
func until(patience time.Duration, what string, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil || errors.Is(err, errDied) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s was not ready within %s: %w", what, patience, err)
		case <-tick.C:
		}
	}
}
