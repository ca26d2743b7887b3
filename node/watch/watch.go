package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/consensus/checkpoint"
)

const (
	// roundPatience bounds one look at one node.
	roundPatience = 10 * time.Second
	// ahead is how far a cosigner's clock may run before this one (LEDGER: 2 min).
	ahead = 2 * time.Minute
)

// Config says whom to watch, and what is too late.
type Config struct {
	Keys   *checkpoint.KeyFile // what the auditor got out of band
	Nodes  []*client.Client    // no token is needed
	Addrs  []string            // of Nodes, for people
	State  string              // file
	MaxAge time.Duration       // of the newest cosignature; 0: not judged (a scenario clock drives practice networks)
	MaxLag time.Duration       // how long a node or a region may be behind the others
	Known  []string            // ids of forks that have been dealt with
	Now    func() time.Time
}

// Watcher watches. It belongs to one goroutine.
type Watcher struct {
	cfg    Config
	policy checkpoint.Policy
	view   *checkpoint.Note               // newest checkpoint that holds all before it
	proven map[checkpoint.Checkpoint]bool // heads of trees that the view holds; bounded, by forgetting all
	sizes  map[string]uint64              // by address: the most that a node has shown
	saved  []byte                         // as the state file has it
	late   map[string]time.Time           // by trouble: since when
}

// New begins where the state file ends.
func New(cfg Config) (*Watcher, error) {
	if len(cfg.Nodes) == 0 || len(cfg.Nodes) != len(cfg.Addrs) || len(cfg.Nodes) > maxNodes {
		return nil, fmt.Errorf("couldn't watch %d nodes", len(cfg.Nodes))
	}
	w := &Watcher{cfg: cfg, policy: cfg.Keys.Policy(), proven: make(map[checkpoint.Checkpoint]bool), late: make(map[string]time.Time)}
	if w.cfg.Now == nil {
		w.cfg.Now = time.Now
	}
	var err error
	w.view, w.sizes, err = loadState(cfg.State, cfg.Keys)
	return w, err
}

// Sight is what one node shows.
type Sight struct {
	Node       string   `json:"node"` // address
	Size       uint64   `json:"size"` // of its published checkpoint; 0: none
	Final      uint64   `json:"final"`
	CosignedBy []string `json:"cosigned_by,omitempty"` // of the published one
	At         int64    `json:"at,omitempty"`          // newest cosignature, unix s of the cosigner's clock
	OK         bool     `json:"ok"`                    // nothing is wrong with it
}

// Round is the outcome of one look at all nodes.
type Round struct {
	At      time.Time `json:"at"`
	Size    uint64    `json:"size"` // of the own view
	Root    string    `json:"root,omitempty"`
	Regions int       `json:"regions"` // that have to cosign
	Nodes   []Sight   `json:"nodes"`
	Alarms  []Alarm   `json:"alarms"`
	Forks   []Fork    `json:"-"` // proved and not known before
}

// shown is what a node was seen to show.
type shown struct {
	at    int // node
	log   client.Log
	final bool
	weak  bool // cosigned by too few: compared, but never the view
	note  *checkpoint.Note
}

// seen is one node's answer.
type seen struct {
	notes  []*shown
	pairs  [][2][]byte // evidence that it holds
	alarms []Alarm
}

// Round looks at every node once. The error is of the own disk.
func (w *Watcher) Round(ctx context.Context) (*Round, error) {
	now := w.cfg.Now()
	r := &Round{At: now, Regions: w.policy.Final, Alarms: []Alarm{}}
	all := w.look(ctx)
	var notes []*shown
	for _, s := range all {
		notes = append(notes, s.notes...)
		r.Alarms = append(r.Alarms, s.alarms...)
	}
	w.compare(ctx, notes, r)
	for at, s := range all {
		for _, pair := range s.pairs {
			w.takeEvidence(at, pair, r)
		}
		r.Nodes = append(r.Nodes, w.judge(at, s, now, r))
	}
	if w.view != nil {
		r.Size, r.Root = w.view.Size, fmt.Sprintf("%x", w.view.Root)
	}
	for i := range r.Nodes {
		r.Nodes[i].OK = !slices.ContainsFunc(r.Alarms, func(a Alarm) bool { return a.Node == r.Nodes[i].Node })
	}
	slices.SortStableFunc(r.Alarms, func(a, b Alarm) int { return cmp.Compare(a.Node, b.Node) })
	r.Alarms = slices.Compact(r.Alarms) // the published and the final note may be one
	return r, errors.Join(w.save(), w.keepForks(r))
}

// look asks all nodes at the same time.
func (w *Watcher) look(ctx context.Context) []*seen {
	all := make([]*seen, len(w.cfg.Nodes))
	var wg sync.WaitGroup
	for at := range w.cfg.Nodes {
		wg.Go(func() {
			one, cancel := context.WithTimeout(ctx, roundPatience)
			defer cancel()
			all[at] = w.ask(one, at)
		})
	}
	wg.Wait()
	return all
}

// ask gets what one node shows and opens it.
func (w *Watcher) ask(ctx context.Context, at int) *seen {
	s, addr := &seen{}, w.cfg.Addrs[at]
	for _, final := range []bool{false, true} {
		log := w.cfg.Nodes[at].Log(final)
		raw, err := log.Checkpoint(ctx)
		if err != nil {
			s.alarms = append(s.alarms, alarm(KindUnreachable, addr, "无法访问: %s。", "it does not answer: %s.", plain(strings.TrimPrefix(err.Error(), "couldn't reach "+addr+": "))))
			return s
		}
		if raw == nil {
			if !final { // until a second region has signed there is none of either kind
				s.alarms = append(s.alarms, alarm(KindNone, addr, "尚无检查点。", "it shows no checkpoint yet."))
			}
			continue
		}
		note, err := w.cfg.Keys.Keys().Open(raw)
		if err != nil {
			s.alarms = append(s.alarms, alarm(KindFalse, addr, "所示检查点不能核验: %s。", "its checkpoint does not verify: %s.", plain(err.Error())))
			continue
		}
		least := w.policy.Published
		if final {
			least = w.policy.Final
		}
		weak := len(note.CosignedBy()) < least || w.policy.Grade(note) == checkpoint.GradeNone
		if weak {
			s.alarms = append(s.alarms, alarm(KindFalse, addr, "所示检查点只有 %d 个地区共同签署，应有 %d 个。",
				"its checkpoint is cosigned by %d regions, %d are demanded.", len(note.CosignedBy()), least))
		}
		s.notes = append(s.notes, &shown{at: at, log: log, final: final, weak: weak, note: note})
	}
	s.pairs = w.evidence(ctx, at)
	return s
}

// judge holds what a node shows against time and against the others.
func (w *Watcher) judge(at int, s *seen, now time.Time, r *Round) Sight {
	addr := w.cfg.Addrs[at]
	sight := Sight{Node: addr}
	for _, n := range s.notes {
		if n.final {
			sight.Final = n.note.Size
			continue
		}
		sight.Size, sight.CosignedBy, sight.At = n.note.Size, n.note.CosignedBy(), newest(n.note)
	}
	if len(s.notes) == 0 {
		return sight
	}
	if sight.Size < w.sizes[addr] {
		r.Alarms = append(r.Alarms, alarm(KindBack, addr, "曾示 %[2]d 条，现只示 %[1]d 条。", "it shows %d entries and has shown %d.", sight.Size, w.sizes[addr]))
	}
	for _, n := range s.notes {
		if w.proven[n.note.Checkpoint] { // a made-up size would make the true one look small
			w.sizes[addr] = max(w.sizes[addr], n.note.Size)
		}
	}
	if w.overdue("behind "+addr, w.view != nil && sight.Size < w.view.Size, now) {
		r.Alarms = append(r.Alarms, alarm(KindBehind, addr, "落后: 只示 %d 条，已核验 %d 条。", "it is behind: it shows %d entries of the %d that were verified.", sight.Size, w.view.Size))
	}
	if w.overdue("final "+addr, sight.Final < sight.Size, now) {
		r.Alarms = append(r.Alarms, alarm(KindUncosigned, addr, "最终检查点停在 %d 条，其后 %s 未共同签署。", "final stands at %d entries: %s did not cosign what came after.",
			sight.Final, strings.Join(w.missing(sight.CosignedBy), " ")))
	}
	w.judgeAge(sight, now, r)
	return sight
}

func (w *Watcher) judgeAge(s Sight, now time.Time, r *Round) {
	if w.cfg.MaxAge == 0 || s.At == 0 {
		return
	}
	age := now.Sub(time.Unix(s.At, 0)).Round(time.Second)
	switch {
	case age > w.cfg.MaxAge:
		r.Alarms = append(r.Alarms, alarm(KindStale, s.Node, "检查点过旧: 最近一次签署在 %s 前（练习网络请用 --max-age 0）。",
			"its checkpoint is stale: last cosigned %s ago (on a practice network give --max-age 0).", long(age)))
	case age < -ahead:
		r.Alarms = append(r.Alarms, alarm(KindClock, s.Node, "签署时间比本机时钟快 %s。", "it was cosigned %s ahead of this clock.", long(-age)))
	}
}

// long is a duration for people: days from two days on.
func long(d time.Duration) string {
	const day = 24 * time.Hour
	if d < 2*day {
		return d.String()
	}
	return fmt.Sprintf("%d d %d h", d/day, d%day/time.Hour)
}

// overdue reports whether a trouble has lasted for longer than MaxLag.
func (w *Watcher) overdue(trouble string, there bool, now time.Time) bool {
	if !there {
		delete(w.late, trouble)
		return false
	}
	since, known := w.late[trouble]
	if !known {
		w.late[trouble], since = now, now
	}
	return now.Sub(since) >= w.cfg.MaxLag
}

// missing are the regions that have not cosigned.
func (w *Watcher) missing(have []string) []string {
	return slices.DeleteFunc(slices.Clone(w.policy.Regions), func(region string) bool { return slices.Contains(have, region) })
}

// newest is the time of the last cosignature, unix s.
func newest(n *checkpoint.Note) int64 {
	var at int64
	for _, s := range n.Signatures {
		at = max(at, s.At)
	}
	return at
}
