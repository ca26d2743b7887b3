package demo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"sandi.internal/gateway/consensus/genesis"
)

// byHand leaves a scenario's network at its first day with nothing played: people play
// it in the console. What they cannot make there is laid ready: who may be drawn.
func (c Config) byHand(ctx context.Context, n *Network, s *Scenario, d *doors) error {
	if err := d.setClock(ctx, s.Start); err != nil {
		return err
	}
	files, err := s.writePools(filepath.Join(n.Dir, filesFolder))
	if err != nil {
		return err
	}
	c.View.ByHand(n, s, files)
	return nil
}

// writePools writes pool and rule of every draw that a scenario has into dir, and gives
// the names of the files. Of a pool that names records of the play there can be no file
// before they exist; its rule is written.
func (s *Scenario) writePools(dir string) ([]string, error) {
	if len(s.Pools) == 0 {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("couldn't make a folder for pools: %w", err)
	}
	var files []string
	for _, name := range slices.Sorted(maps.Keys(s.Pools)) {
		spec, complete := s.Pools[name], true
		pool, rule, err := spec.Build(func(variable string) (string, error) {
			complete = false
			return strings.TrimPrefix(variable, "$"), nil
		})
		if err != nil {
			return nil, fmt.Errorf("couldn't make the pool %s: %w", name, err)
		}
		texts := map[string][]byte{filepath.Join(dir, name+".rule"): rule.Marshal()}
		if complete {
			texts[filepath.Join(dir, name+".pool")] = pool.Marshal()
		}
		for _, file := range slices.Sorted(maps.Keys(texts)) {
			if err := os.WriteFile(file, texts[file], 0o600); err != nil {
				return nil, fmt.Errorf("couldn't write %s: %w", file, err)
			}
			files = append(files, file)
		}
	}
	return files, nil
}

// SetClock moves the practice clock of every node of a running demo.
func SetClock(ctx context.Context, dir string, to time.Time) error {
	n, signed, err := Existing(dir)
	if err != nil {
		return err
	}
	if signed.Genesis.Clock != genesis.ClockPractice {
		return errors.New("this network runs on the real clock, which nobody moves")
	}
	return newDoorsAt(n, signed).setClock(ctx, to)
}

// ByHand says whose move it is, and how the days pass.
func (t Terminal) ByHand(n *Network, s *Scenario, files []string) {
	t.line("%s %s", t.paint(t.pick("剧本（由您来演）", "scenario (yours to play)"), text.Bold), t.pick(s.Title.ZH, s.Title.EN))
	t.line(t.pick("账本上还没有任何记录，演练时钟停在 %s。请用下面的链接登录，在操作界面中办理。", "Nothing is on the ledger yet; the practice clock stands at %s. Sign in with the links below and play it in the console."),
		s.Start.In(zone).Format("2006-01-02 15:04"))
	where := ""
	if n.Dir != DefaultDir() {
		where = " --dir " + n.Dir
	}
	next := s.Start
	for _, step := range s.Steps {
		if step.At.After(next) {
			next = step.At
			break
		}
	}
	t.line("%s", t.pick("到剧本的下一天（三地时钟一起拨，只能向前；期限届满的事项由节点自动办理）:", "to get to another day (the clocks of all regions, forward only; what time causes the nodes do by themselves):"))
	t.line("   bin/sandi demo clock %s%s", next.In(zone).Format(time.RFC3339), where)
	for _, step := range s.Steps {
		if a := step.Actor; a.Person != "" {
			t.line(t.pick("先由 %s %s 办理：%s", "%s %s begins: %s"), a.Org, t.role(a.Role), t.pick(step.ZH, step.EN))
			t.line("   bin/sandi demo link --region %s --org %s --role %s --person %s%s", a.Region, a.Org, a.Role, a.Person, where)
			break
		}
	}
	if len(files) > 0 {
		t.line("%s", t.pick("抽取用的名录和规则:", "pools and rules for the draws:"))
		for _, f := range files {
			t.line("   %s", f)
		}
	}
	t.line("%s", t.pick("剧本全文（日期、岗位、要填的内容）:", "the scenario, with its dates, people and fields:"))
	t.line("   node/demo/scenarios/%s.yaml", s.Name)
}
