package ledger

import "sync"

// compiledBytes bounds the texts whose compiled form a process keeps: several times
// the law of a network, so that voted texts of great length cannot fill the memory.
const compiledBytes = 2 << 20

// compiledTexts is the compiled form of every text that this process has met.
var compiledTexts = newCompiledLaws(compiledBytes)

// compiledLaws keeps laws by their text. To compile is a pure function of the text and
// takes most of the time of opening a ledger (0.1 s for a whole genesis, ten times that
// under the race detector), and a process does it again for what it has: when a voted
// text is tried and then applied, when a snapshot is taken over, when a stopped node's
// folder is judged. A Law is never changed, so all may share it. Safe for concurrent use.
type compiledLaws struct {
	limit int // of bytes

	mu    sync.Mutex
	laws  map[string]*Law // by text
	bytes int             // of the texts in laws
}

func newCompiledLaws(limit int) *compiledLaws {
	return &compiledLaws{limit: limit, laws: make(map[string]*Law)}
}

func (c *compiledLaws) get(text string) *Law {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.laws[text]
}

// put keeps a law and gives the one to be used, which is another's if that came first.
// When there is no room all are forgotten: who uses one still has it.
func (c *compiledLaws) put(law *Law) *Law {
	c.mu.Lock()
	defer c.mu.Unlock()
	if first := c.laws[law.Text]; first != nil {
		return first
	}
	if c.bytes+len(law.Text) > c.limit {
		clear(c.laws)
		c.bytes = 0
	}
	c.laws[law.Text] = law
	c.bytes += len(law.Text)
	return law
}
