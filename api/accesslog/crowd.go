package accesslog

import (
	"sync"
	"time"

	"sandi.internal/gateway/consensus/access"
)

const (
	// crowdTime is how long denials like one that stands in the log are only counted.
	crowdTime = time.Minute
	// crowdMost is how many denials of different kinds are written in that time: with
	// their counts some 100 MB a day at worst.
	crowdMost = 100
	// crowdReason is the reason of the line that counts what went beyond crowdMost.
	crowdReason = "too_many_requests"
)

// crowd counts denials, so that a flood of them cannot fill the disk: the first of a
// person for a case is written at once, those like it are counted.
type crowd struct {
	region string

	mu    sync.Mutex // guards the rest
	since time.Time
	seen  map[denial]*more
	over  uint64 // denials beyond crowdMost kinds
}

// denial is what makes denials alike: who, and in which case, not what for. Who tries
// hashes at random makes one line a minute.
type denial struct {
	region, person, org, role, record, because, reason string
}

// more is the first denial and how many came after it.
type more struct {
	first access.Entry
	count uint64
}

func newCrowd(region string) *crowd { return &crowd{region: region, seen: map[denial]*more{}} }

// admit reports whether a denial is counted instead of written, and gives the counts
// that are due.
func (c *crowd) admit(e access.Entry, now time.Time) (counted bool, due []access.Entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	due = c.due(now, false)
	if len(c.seen) == 0 {
		c.since = now
	}
	k := denial{e.Region, e.Person, e.Org, e.Role, e.Record, e.Because, e.Reason}
	switch m := c.seen[k]; {
	case m != nil:
		m.count++
	case len(c.seen) >= crowdMost:
		c.over++
	default:
		c.seen[k] = &more{first: e}
		return false, due
	}
	return true, due
}

// flush gives the counts that are due, or all of them.
func (c *crowd) flush(now time.Time, all bool) []access.Entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.due(now, all)
}

func (c *crowd) due(now time.Time, all bool) (list []access.Entry) {
	if !all && now.Sub(c.since) < crowdTime {
		return nil
	}
	for _, m := range c.seen {
		if m.count > 0 {
			m.first.What, m.first.Count = nil, m.count
			list = append(list, m.first)
		}
	}
	if c.over > 0 {
		list = append(list, access.Entry{Action: access.Denied, Region: c.region, Count: c.over, Reason: crowdReason})
	}
	clear(c.seen)
	c.over = 0
	return list
}
