package serve

import (
	"sync"
	"sync/atomic"
	"time"
)

// Concurrency bounds how many requests are worked on at a time.
type Concurrency struct {
	max int64
	now atomic.Int64
}

// NewConcurrency makes a bound of max.
func NewConcurrency(max int) *Concurrency { return &Concurrency{max: int64(max)} }

// Enter takes a place; false when there is none.
func (c *Concurrency) Enter() bool {
	if c.now.Add(1) > c.max {
		c.now.Add(-1)
		return false
	}
	return true
}

// Leave gives the place back.
func (c *Concurrency) Leave() { c.now.Add(-1) }

// maxParties bounds the table of a Fair limiter. Names come from the ledger's
// regions, of which there are a handful.
const maxParties = 64

// Fair shares a door among parties (regions): each may send rate requests a
// second with bursts of two seconds' worth, and may have at most its share of
// the requests in flight once the door is half full. One region's flood is
// refused before it is another region's wait.
type Fair struct {
	rate     float64 // requests a second and party
	burst    float64
	inFlight int // requests in flight over all parties
	now      func() time.Time

	mu      sync.Mutex
	total   int // guarded by mu
	parties map[string]*party
}

type party struct {
	tokens float64
	at     time.Time
	active int
}

// NewFair makes a limiter; rate in requests a second and party, inFlight over
// all of them.
func NewFair(rate float64, inFlight int, now func() time.Time) *Fair {
	return &Fair{rate: rate, burst: 2 * rate, inFlight: inFlight, now: now, parties: map[string]*party{}}
}

// Enter lets a request of a party in, or says how long to wait.
func (f *Fair) Enter(name string) (wait time.Duration, ok bool) {
	now := f.now()
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.party(name, now)
	if p == nil {
		return time.Second, false
	}
	p.tokens = min(f.burst, p.tokens+f.rate*now.Sub(p.at).Seconds())
	p.at = now
	if p.tokens < 1 {
		return time.Duration((1 - p.tokens) / f.rate * float64(time.Second)), false
	}
	if f.total >= f.inFlight || f.total >= f.inFlight/2 && p.active >= f.share() {
		return time.Second, false
	}
	p.tokens--
	p.active++
	f.total++
	return 0, true
}

// Leave ends a request that Enter let in.
func (f *Fair) Leave(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p := f.parties[name]; p != nil {
		p.active--
		f.total--
	}
}

func (f *Fair) party(name string, now time.Time) *party {
	p := f.parties[name]
	if p == nil && len(f.parties) < maxParties {
		p = &party{tokens: f.burst, at: now}
		f.parties[name] = p
	}
	return p
}

// share is what each party may hold when the door is half full. One place more
// than there are parties is counted, so that a newcomer always finds room.
func (f *Fair) share() int { return max(1, f.inFlight/(len(f.parties)+1)) }
