package account

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

// Bounds of wrong tries. A name's own waits keep guessing down to some hundred a
// week; an address's keep one machine from trying many names, and are shorter,
// because a bureau may come from one.
var (
	nameRule = rule{free: 5, longest: time.Hour, forgotten: 24 * time.Hour}
	hostRule = rule{free: 20, longest: 15 * time.Minute, forgotten: time.Hour}
)

const (
	firstWait = time.Minute
	// triesMax is how many names, and how many addresses, are remembered. Above
	// it those go first that wait for nothing and were tried longest ago.
	triesMax = 4096
)

// rule is when waits begin and how they grow.
type rule struct {
	free               int // tries; the last of them brings the first wait
	longest, forgotten time.Duration
}

// try is what is remembered of a name or an address.
type try struct {
	N     int       `json:"n"` // wrong tries in a row
	Last  time.Time `json:"last"`
	Until time.Time `json:"until,omitzero"` // no try before
}

// tries are the wrong tries, by canonical name whether there is such an account or not,
// and by address.
type tries struct {
	Names map[string]try `json:"names"`
	Hosts map[string]try `json:"hosts"`
}

// wait is for how long neither may try. A clock that was set back makes nobody wait
// longer than the longest wait.
func (t *tries) wait(name, host string, now time.Time) time.Duration {
	return max(nameRule.wait(t.Names[name], now), hostRule.wait(t.Hosts[host], now))
}

func (r rule) wait(t try, now time.Time) time.Duration {
	return min(t.Until.Sub(now), r.longest)
}

// count counts a try as wrong before anybody knows, and gives what it was counted as.
func (t *tries) count(name, host string, now time.Time) (counted try) {
	if name != "" {
		nameRule.count(t.Names, name, now)
	}
	return hostRule.count(t.Hosts, host, now)
}

func (r rule) count(all map[string]try, key string, now time.Time) try {
	one := all[key]
	if now.Sub(one.Last) > r.forgotten {
		one = try{}
	}
	if one.N == 0 && len(all) >= triesMax {
		r.makeRoom(all, now)
	}
	one.N++
	one.Last = now
	if over := one.N - r.free; over >= 0 {
		one.Until = now.Add(min(firstWait<<min(over, 10), r.longest))
	}
	all[key] = one
	return one
}

// makeRoom forgets what has no more to say, or else a quarter of it all: the least
// recent of those that wait for nothing.
func (r rule) makeRoom(all map[string]try, now time.Time) {
	keys := make([]string, 0, len(all))
	for key, one := range all {
		if now.Sub(one.Last) > r.forgotten {
			delete(all, key)
			continue
		}
		keys = append(keys, key)
	}
	if len(all) < triesMax {
		return
	}
	slices.SortFunc(keys, func(a, b string) int {
		x, y := all[a], all[b]
		if waits := cmp.Compare(sign(x.Until.After(now)), sign(y.Until.After(now))); waits != 0 {
			return waits
		}
		return x.Last.Compare(y.Last)
	})
	for _, key := range keys[:triesMax/4] {
		delete(all, key)
	}
}

func sign(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// good takes back a try that turned out right. The name begins anew; the address does
// not: its owner might sign in in between. The wait that the try itself would have
// brought is over, one that another try brought meanwhile is not.
func (t *tries) good(name, host string, counted try) {
	delete(t.Names, name)
	one := t.Hosts[host]
	if one.N == counted.N && one.Last.Equal(counted.Last) {
		one.Until = time.Time{}
	}
	if one.N--; one.N <= 0 {
		delete(t.Hosts, host)
		return
	}
	t.Hosts[host] = one
}

// hostOf is what counts as one address: an IPv6 network of 64 bits is one machine's.
func hostOf(addr string) string {
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return addr
	}
	if ip = ip.Unmap().WithZone(""); ip.Is6() {
		if p, err := ip.Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip.String()
}
