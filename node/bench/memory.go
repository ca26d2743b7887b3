package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// memoryGroups keep servers to so much memory each, the kernel's page cache for their
// files included: a control group a server, of version 1 or 2, which only root makes.
type memoryGroups struct {
	limit int64 // bytes; 0: no limit
	root  string
	file  string // that the limit is written into
	made  []string
}

func newMemoryGroups(mib int64) (*memoryGroups, error) {
	m := &memoryGroups{limit: mib << 20}
	if mib == 0 {
		return m, nil
	}
	for root, file := range map[string]string{"/sys/fs/cgroup/memory": "memory.limit_in_bytes", "/sys/fs/cgroup": "memory.max"} {
		if _, err := os.Stat(filepath.Join(root, "cgroup.procs")); err == nil {
			m.root, m.file = root, file
			return m, nil
		}
	}
	return nil, errors.New("there are no control groups for memory here; measure without -limit")
}

// within makes a command run in a group of its own.
func (m *memoryGroups) within(name, command string, args []string) (string, []string, error) {
	if m == nil || m.limit == 0 {
		return command, args, nil
	}
	group := filepath.Join(m.root, fmt.Sprintf("sandi-bench-%d-%s", os.Getpid(), name))
	if err := os.Mkdir(group, 0o755); err != nil { //nolint:gosec // a folder of the kernel's
		return "", nil, fmt.Errorf("couldn't limit memory, which only root can: %w", err)
	}
	m.made = append(m.made, group)
	if err := os.WriteFile(filepath.Join(group, m.file), []byte(strconv.FormatInt(m.limit, 10)), 0o600); err != nil {
		return "", nil, fmt.Errorf("couldn't limit memory: %w", err)
	}
	return "sh", append([]string{"-c", `echo $$ > "$0" && exec "$@"`, filepath.Join(group, "cgroup.procs"), command}, args...), nil
}

// blame tells whether the kernel has killed for want of memory.
func (m *memoryGroups) blame() error {
	for _, group := range m.made {
		for _, file := range []string{"memory.oom_control", "memory.events"} {
			text, err := os.ReadFile(filepath.Join(group, file))
			if err != nil {
				continue
			}
			for line := range strings.Lines(string(text)) {
				if n, found := strings.CutPrefix(strings.TrimSpace(line), "oom_kill "); found && n != "0" {
					return fmt.Errorf("a node was killed for want of memory (%s in %s)", strings.TrimSpace(line), group)
				}
			}
		}
	}
	return nil
}

// remove removes the groups, whose processes have ended.
func (m *memoryGroups) remove() {
	for _, group := range m.made {
		_ = os.Remove(group) // one that is still in use is left
	}
}
