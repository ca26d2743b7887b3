package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// stopPatience is how long a node may take to hand over leadership and close
	// its stores before it is killed.
	stopPatience = 15 * time.Second
	// restartAfter lets a failover be measured before the killed node returns.
	restartAfter = 4 * time.Second
)

// process is one region's node as an operating-system process. The parent holds
// the write end of its standard input: when the parent dies, however it dies,
// the pipe closes and the node shuts down by itself, so no orphan remains.
type process struct {
	region string
	dir    string
	binary string
	log    *slog.Logger

	mu    sync.Mutex // owns the fields below
	cmd   *exec.Cmd
	stdin io.WriteCloser
	ended chan struct{} // closed when cmd has been reaped
}

func (p *process) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	logFile, err := os.OpenFile(filepath.Join(p.dir, "node.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("couldn't open the log of %s: %w", p.region, err)
	}
	defer logFile.Close()                                                                                          // the child has its own descriptor
	cmd := exec.Command(p.binary, "serve", "--config", filepath.Join(p.dir, "sandi.yaml"), "--until-stdin-closes") //nolint:gosec // our own binary
	cmd.Stdout, cmd.Stderr = logFile, logFile
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C reaches the parent only, which stops the nodes in order
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("couldn't start the node of %s: %w", p.region, err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("couldn't start the node of %s: %w", p.region, err)
	}
	ended := make(chan struct{})
	p.cmd, p.stdin, p.ended = cmd, stdin, ended
	go func() {
		defer close(ended)
		if err := cmd.Wait(); err != nil {
			p.log.Info("a node ended", "region", p.region, "how", err)
		}
	}()
	return os.WriteFile(filepath.Join(p.dir, "pid"), []byte(strconv.Itoa(cmd.Process.Pid)), 0o600)
}

// stop asks the node to end and kills it when it does not.
func (p *process) stop() error {
	p.mu.Lock()
	cmd, stdin, ended := p.cmd, p.stdin, p.ended
	p.mu.Unlock()
	if cmd == nil {
		return nil
	}
	_ = stdin.Close()
	select {
	case <-ended:
		return nil
	case <-time.After(stopPatience):
		_ = cmd.Process.Kill()
		<-ended
		return fmt.Errorf("the node of %s did not stop within %s and was killed", p.region, stopPatience)
	}
}

func (p *process) running() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ended
}

// supervisor keeps the nodes of a demo network running until its context ends.
type supervisor struct {
	network   *Network
	processes []*process
	log       *slog.Logger
	wg        sync.WaitGroup
}

func newSupervisor(n *Network, binary string, log *slog.Logger) *supervisor {
	s := &supervisor{network: n, log: log}
	for _, r := range n.Regions {
		s.processes = append(s.processes, &process{region: r.Code, dir: r.Dir, binary: binary, log: log})
	}
	return s
}

// startAll starts every node and restarts those that die.
func (s *supervisor) startAll(ctx context.Context) error {
	if err := s.network.portsFree(); err != nil {
		return err
	}
	for _, p := range s.processes {
		if err := p.start(); err != nil {
			return errors.Join(err, s.stopAll())
		}
	}
	for _, p := range s.processes {
		s.wg.Go(func() { s.watch(ctx, p) })
	}
	return nil
}

func (s *supervisor) watch(ctx context.Context, p *process) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.running():
		}
		s.log.Warn("a node died; it is started again", "region", p.region, "in", restartAfter)
		select {
		case <-ctx.Done():
			return
		case <-time.After(restartAfter):
		}
		if err := p.start(); err != nil {
			s.log.Error("couldn't start a node again", "region", p.region, "error", err)
			return
		}
	}
}

// stopAll stops every node, together: a node alone would wait for a quorum.
func (s *supervisor) stopAll() error {
	s.wg.Wait() // ctx has ended: nobody restarts what we stop
	errs := make([]error, len(s.processes))
	var wg sync.WaitGroup
	for i, p := range s.processes {
		wg.Go(func() { errs[i] = p.stop() })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// runningIn finds a live node process of a demo network on disk.
func runningIn(dir string) (pid int, alive bool) {
	files, _ := filepath.Glob(filepath.Join(dir, "*", "pid")) // the pattern is well-formed
	for _, f := range files {
		pid, err := readPID(f)
		if err != nil {
			continue
		}
		// A process id may have been given to another program since.
		command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err == nil && strings.Contains(string(command), filepath.Join(filepath.Dir(f), "sandi.yaml")) {
			return pid, true
		}
	}
	return 0, false
}

func readPID(path string) (int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}
