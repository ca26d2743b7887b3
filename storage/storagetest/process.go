package storagetest

import (
	"sync"
)

// Process stands for an operating-system process that storage may end. Give
// its Exit to engine.Options.Fatal and do the work in Run.
type Process struct {
	disk *Disk
	once sync.Once
	died chan struct{}
	why  string
}

// NewProcess returns a process that runs on disk.
func NewProcess(disk *Disk) *Process {
	return &Process{disk: disk, died: make(chan struct{})}
}

// Exit ends the process: the disk sees nothing more of it, and the calling
// goroutine stops where it is. (It is not unwound: its deferred calls belong to
// a process that is gone.)
func (p *Process) Exit(reason string) {
	p.once.Do(func() {
		p.disk.Cut()
		p.why = reason
		close(p.died)
	})
	select {}
}

// Run does work as the process and returns when it is done or the process has
// ended. reason says why it ended; it is empty otherwise. Goroutines of a dead
// process stay where they were.
func (p *Process) Run(work func()) (reason string) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		work()
	}()
	select {
	case <-p.died:
	case <-done:
		select {
		case <-p.died: // work was what called Exit
		default:
			return ""
		}
	}
	return p.why
}
