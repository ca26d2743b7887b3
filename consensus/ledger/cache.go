package ledger

import (
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/procedure"
)

// entry is a record as Apply works with it: parsed, with the bytes that are in
// storage and in the digest, and with what its derived keys hold.
type entry struct {
	record  *procedure.Record
	row     []byte      // recordKey -> row
	mark    merkle.Mark // of that pair; belongs to whoever holds the digest
	summary []byte      // updatedKey(last) -> summary
	dues    []Due       // dueKey of each
	last    uint64      // leaf index of its latest statement
}

func (e *entry) weight() int { return 4*len(e.row) + 512 } // parsed, a record takes about three times its bytes

// cacheBytes bounds one generation of the record cache.
const cacheBytes = 16 << 20

// recordCache keeps the records in use parsed, in two generations: what was not
// asked for during a whole generation is dropped with it. A miss costs a read
// and a parse and gives the same record.
type recordCache struct {
	young, old map[string]*entry
	bytes      int // in young
	limit      int // of bytes
}

func newRecordCache(limit int) *recordCache {
	return &recordCache{young: make(map[string]*entry), old: make(map[string]*entry), limit: limit}
}

func (c *recordCache) get(id string) *entry {
	if e, ok := c.young[id]; ok {
		return e
	}
	e, ok := c.old[id]
	if ok {
		c.put(id, e)
	}
	return e
}

func (c *recordCache) put(id string, e *entry) {
	if before, ok := c.young[id]; ok {
		c.bytes -= before.weight()
	} else if c.bytes+e.weight() > c.limit {
		c.old, c.young, c.bytes = c.young, make(map[string]*entry), 0
	}
	c.young[id] = e
	c.bytes += e.weight()
}

func (c *recordCache) drop(id string) {
	if e, ok := c.young[id]; ok {
		c.bytes -= e.weight()
		delete(c.young, id)
	}
	delete(c.old, id)
}
