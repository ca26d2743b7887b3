package demo

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
)

const (
	probeWriters    = 4                // concurrent writers, all in regions that stay up
	writesBefore    = 50               // acknowledged writes before the leader dies
	writesAfter     = 50               // and after a new one leads
	failoverMost    = 60 * time.Second // give up waiting for the next acknowledged write
	catchUpPatience = 60 * time.Second // the killed node is restarted by the demo's first terminal
)

// Failover is what killing the leader showed.
type Failover struct {
	Killed       string `json:"killed"`       // region
	NextAckMS    int64  `json:"next_ack_ms"`  // from the kill to the next acknowledged write
	Acknowledged int    `json:"acknowledged"` // writes acknowledged in all
	Lost         int    `json:"lost"`         // acknowledged, but not on the ledger
	Doubled      int    `json:"doubled"`      // on the ledger more than once
	CaughtUpMS   int64  `json:"caught_up_ms"` // from the kill until the restarted node had everything
	StateDigest  string `json:"state_digest"` // of all nodes at the end
	OK           bool   `json:"ok"`
}

// KillLeader kills the leading node of a running demo with SIGKILL while it is
// being written to. The demo's supervisor restarts the node.
// victim names another region to kill instead; empty means the leader.
func KillLeader(ctx context.Context, dir, victim string, say func(zh, en string)) (Failover, error) {
	network, signed, err := Existing(dir)
	if err != nil {
		return Failover{}, err
	}
	d := newDoorsAt(network, signed)
	probe, err := LoadProbe()
	if err != nil {
		return Failover{}, err
	}
	leader, err := d.leader(ctx)
	if err != nil {
		return Failover{}, fmt.Errorf("couldn't find the leader; does the demo run in %s? %w", network.Dir, err)
	}
	who := "the leader"
	if victim != "" && victim != leader {
		if network.Region(victim) == nil {
			return Failover{}, fmt.Errorf("no region %s in the demo", victim)
		}
		leader, who = victim, "the follower"
	}
	f := Failover{Killed: leader}
	w := &writers{doors: d, probe: probe, acked: map[string]v1.Receipt{}}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w.start(ctx, network, leader)
	if err := w.reach(ctx, writesBefore); err != nil {
		return f, err
	}
	pid, err := readPID(filepath.Join(network.Region(leader).Dir, "pid"))
	if err != nil {
		return f, fmt.Errorf("couldn't find the leader's process: %w", err)
	}
	say(fmt.Sprintf("写入进行中，强制终止节点 %s（进程 %d）", leader, pid), fmt.Sprintf("writing; killing %s %s (process %d) with -9", who, leader, pid))
	killed := time.Now()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		return f, fmt.Errorf("couldn't kill process %d: %w", pid, err)
	}
	next, err := w.firstAfter(ctx, killed)
	if err != nil {
		return f, err
	}
	f.NextAckMS = next.Milliseconds()
	say(fmt.Sprintf("%d 毫秒后写入恢复", f.NextAckMS), fmt.Sprintf("writes are acknowledged again after %d ms", f.NextAckMS))
	if err := w.reach(ctx, w.count()+writesAfter); err != nil {
		return f, err
	}
	if err := w.stop(); err != nil {
		return f, err
	}
	return f, w.settle(ctx, &f, killed, say)
}

// settle checks every acknowledged write and waits for the restarted node.
func (w *writers) settle(ctx context.Context, f *Failover, killed time.Time, say func(zh, en string)) error {
	if err := w.audit(ctx, f); err != nil {
		return err
	}
	say(fmt.Sprintf("已确认 %d 条: 丢失 %d，重复 %d", f.Acknowledged, f.Lost, f.Doubled),
		fmt.Sprintf("%d writes acknowledged: %d lost, %d doubled", f.Acknowledged, f.Lost, f.Doubled))
	ctx, cancel := context.WithTimeout(ctx, catchUpPatience)
	defer cancel()
	var states map[string]NodeState
	err := poll(ctx, func() (err error) {
		states, err = w.doors.agree(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("the killed node did not catch up: %w", err)
	}
	f.CaughtUpMS = time.Since(killed).Milliseconds()
	f.StateDigest = states[f.Killed].StateDigest
	say(fmt.Sprintf("重启的节点 %s 已追平，%d 条，三个节点摘要一致", f.Killed, states[f.Killed].Applied),
		fmt.Sprintf("the restarted node %s has caught up at %d entries; all nodes agree", f.Killed, states[f.Killed].Applied))
	if f.OK = f.Lost == 0 && f.Doubled == 0; !f.OK {
		return errors.New("acknowledged writes were lost or doubled")
	}
	return nil
}

// writers write without pause and remember what was acknowledged.
type writers struct {
	doors  *doors
	probe  *Probe
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu    sync.Mutex // owns the fields below
	acked map[string]v1.Receipt
	times []time.Time
	err   error
}

func (w *writers) start(ctx context.Context, n *Network, leader string) {
	ctx, w.cancel = context.WithCancel(ctx)
	var regions []string
	for _, r := range n.Regions {
		if r.Code != leader { // a killed node answers nobody
			regions = append(regions, r.Code)
		}
	}
	run := client.NewKey()[16:] // its random part: unique in the whole run of the demo, and short enough for the probe's field
	for i := range probeWriters {
		region := regions[i%len(regions)]
		w.wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if err := w.write(ctx, region, fmt.Sprintf("%s-%d-%d", run, i, n)); err != nil && ctx.Err() == nil {
					w.fail(err)
					return
				}
			}
		})
	}
}

// write sends one probe until it is answered; the client keeps its id, so that
// the ledger takes it once however often it is sent.
func (w *writers) write(ctx context.Context, region, n string) error {
	door, err := w.doors.of(w.probe.Actor(region))
	if err != nil {
		return err
	}
	req, err := w.probe.Request(n)
	if err != nil {
		return err
	}
	receipt, err := door.Open(ctx, client.NewKey(), req)
	if err == nil {
		receipt, err = door.Await(ctx, receipt)
	}
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.acked[region+"/"+receipt.ID] = receipt
	w.times = append(w.times, time.Now())
	return nil
}

func (w *writers) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = err
	}
}

func (w *writers) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.times)
}

// because adds a writer's own error to what was missed. The caller holds mu.
func (w *writers) because(missed string) error {
	if w.err != nil {
		return fmt.Errorf("%s: %w", missed, w.err)
	}
	return errors.New(missed)
}

// reach waits for n acknowledged writes.
func (w *writers) reach(ctx context.Context, n int) error {
	ctx, cancel := context.WithTimeout(ctx, failoverMost)
	defer cancel()
	return poll(ctx, func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.times) >= n {
			return nil
		}
		return w.because(fmt.Sprintf("only %d of %d writes were acknowledged", len(w.times), n))
	})
}

// firstAfter waits for the first write that began to be served after t: one that
// was already on its way when the leader died counts only when nothing came
// between.
func (w *writers) firstAfter(ctx context.Context, t time.Time) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, failoverMost)
	defer cancel()
	var took time.Duration
	err := poll(ctx, func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, at := range w.times {
			if at.Sub(t) > graceAfterKill {
				took = at.Sub(t)
				return nil
			}
		}
		return w.because("no write was acknowledged after the kill")
	})
	return took, err
}

// graceAfterKill ignores answers that were already travelling when the leader
// died: committed before, acknowledged a moment later.
const graceAfterKill = 100 * time.Millisecond

func (w *writers) stop() error {
	w.cancel()
	w.wg.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// audit asks the ledger for every acknowledged write.
func (w *writers) audit(ctx context.Context, f *Failover) error {
	places := map[uint64]string{}
	records := map[string]string{}
	for key, was := range w.acked {
		f.Acknowledged++
		region, id := key[:6], was.ID
		door, err := w.doors.of(w.probe.Actor(region))
		if err != nil {
			return err
		}
		now, err := door.Statement(ctx, id, client.Read{})
		if err != nil {
			return fmt.Errorf("couldn't ask for statement %s: %w", id, err)
		}
		if now.Status != v1.Committed || now.Index == nil || was.Index == nil || *now.Index != *was.Index || now.LeafHash != was.LeafHash {
			f.Lost++
			continue
		}
		if places[*now.Index] != "" || records[now.Record] != "" {
			f.Doubled++
		}
		places[*now.Index], records[now.Record] = key, key
	}
	return nil
}
