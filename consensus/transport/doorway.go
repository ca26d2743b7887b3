package transport

import (
	"net"
	"net/netip"
	"sync"
)

// maxHandshakesFrom is how many of maxHandshakes one address may have under way: who
// opens connections and says nothing must not keep the nodes out that come back.
const maxHandshakesFrom = 32

// doorway counts the handshakes under way by address; an IPv6 /64 is one.
type doorway struct {
	mu   sync.Mutex
	from map[netip.Prefix]int // never zero, so never more than maxHandshakes
}

// enter counts a connection in; false when its address has too many. Whoever came in
// leaves with the same address.
func (d *doorway) enter(from netip.Prefix) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.from[from] >= maxHandshakesFrom {
		return false
	}
	if d.from == nil {
		d.from = map[netip.Prefix]int{}
	}
	d.from[from]++
	return true
}

func (d *doorway) leave(from netip.Prefix) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.from[from]--; d.from[from] == 0 {
		delete(d.from, from)
	}
}

// origin is what counts as one address. What is no IP address is all one.
func origin(a net.Addr) netip.Prefix {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	ip := tcp.AddrPort().Addr().Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	p, err := ip.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
