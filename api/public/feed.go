package public

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

const (
	// feedKept is how many recent events are kept rendered: subscribers at the
	// end of the ledger share the work of rendering.
	feedKept = 2048
	// feedChunk is how many leaves are looked at in one view.
	feedChunk = 256
	// partiesKept bounds the records whose parties are remembered.
	partiesKept = 16384
)

// feed turns leaves into events.
type feed struct {
	origin string

	mu      sync.Mutex
	public  map[string]string   // region -> base URL of its public API, as events in keeping name it; guarded by mu
	events  [feedKept]*event    // by index mod feedKept; guarded by mu
	parties map[string][]string // record -> regions that may see it; guarded by mu
}

// event is a rendered leaf.
type event struct {
	index  uint64
	record string // empty: governance, which every member sees
	body   []byte // JSON of the CloudEvent
}

func newFeed(g *genesis.Genesis) *feed {
	return &feed{origin: g.Origin, parties: make(map[string][]string)}
}

// read gives at most limit events for a region, looking at most at feedChunk
// leaves from index from on, and the index to go on from.
func (f *feed) read(books *ledger.Books, size, from uint64, region string, limit int) ([]*event, uint64, error) {
	to := min(size, from+feedChunk)
	all, err := f.chunk(books, from, to)
	if err != nil {
		return nil, from, err
	}
	var out []*event
	for _, e := range all {
		sees, err := f.sees(books, e.record, region)
		if err != nil {
			return nil, from, err
		}
		if sees {
			out = append(out, e)
		}
		if len(out) == limit {
			return out, e.index + 1, nil
		}
	}
	return out, to, nil
}

// chunk gives the events of the leaves from <= index < to, rendered before or
// now.
func (f *feed) chunk(books *ledger.Books, from, to uint64) ([]*event, error) {
	out := f.kept(from, to)
	if from+uint64(len(out)) == to {
		return out, nil
	}
	public, err := f.addresses(books)
	if err != nil {
		return nil, err
	}
	out = f.kept(from, to) // what names an address that has gone is no longer kept
	leaves, err := books.Leaves(from+uint64(len(out)), to)
	if err != nil {
		return nil, err
	}
	for _, c := range leaves {
		body, err := json.Marshal(f.cloudEvent(c, public))
		if err != nil {
			return nil, err
		}
		e := &event{index: c.Index, record: c.Record, body: body}
		f.mu.Lock()
		f.events[c.Index%feedKept] = e
		f.mu.Unlock()
		out = append(out, e)
	}
	return out, nil
}

// kept gives the rendered events of the leaves from <= index < to, up to the first
// that is not kept.
func (f *feed) kept(from, to uint64) []*event {
	out := make([]*event, 0, to-from)
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := from; i < to; i++ {
		e := f.events[i%feedKept]
		if e == nil || e.index != i {
			break
		}
		out = append(out, e)
	}
	return out
}

// addresses gives the public API of each region: of its first node that stands. A
// statement that adds or removes a node is rendered as every leaf is; events that
// were rendered before it name addresses that have gone, and are dropped.
func (f *feed) addresses(books *ledger.Books) (map[string]string, error) {
	nodes, err := books.Nodes()
	if err != nil {
		return nil, err
	}
	public := make(map[string]string)
	for _, n := range nodes {
		if n.Standing() && public[n.Region] == "" {
			public[n.Region] = n.Public
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !maps.Equal(f.public, public) {
		f.public = public
		clear(f.events[:])
	}
	return public, nil
}

// sees reports whether a region may see what happens to a record: it is or was
// a party. Who once was stays one, so only refusals are asked again.
func (f *feed) sees(books *ledger.Books, record, region string) (bool, error) {
	if record == "" {
		return true, nil
	}
	f.mu.Lock()
	known := slices.Contains(f.parties[record], region)
	f.mu.Unlock()
	if known {
		return true, nil
	}
	r, err := books.Record(record)
	if err != nil || r == nil {
		return false, err
	}
	regions := ledger.Involved(r)
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.parties) >= partiesKept {
		clear(f.parties)
	}
	f.parties[record] = regions
	return slices.Contains(regions, region), nil
}

func (f *feed) cloudEvent(c *ledger.Committal, public map[string]string) v1.Event {
	st := c.Statement
	e := v1.Event{
		SpecVersion: "1.0", ID: strconv.FormatUint(c.Index, 10), Source: f.origin, Type: "internal.sandi." + st.Kind,
		Subject: c.Record, Time: time.UnixMilli(c.TS).In(beijing).Format("2006-01-02T15:04:05.000Z07:00"), ContentType: mediaJSON,
		Data: v1.EventData{
			Index: c.Index, LeafHash: strict.B64(c.LeafHash[:]), Statement: st.ID, Hash: st.Hash.String(), Kind: st.Kind,
			Region: st.Region, Org: st.Actor.Org, Role: st.Actor.Role, At: st.At, Record: c.Record,
		},
	}
	private := ""
	switch st.Kind {
	case statement.KindRecordOpen:
		if body, err := statement.ParseOpen(st.Body); err == nil {
			e.Data.Procedure, private = body.Procedure, body.Private
		}
	case statement.KindRecordAct:
		if body, err := statement.ParseAct(st.Body); err == nil {
			e.Data.Event, private = body.Event, body.Private
		}
	}
	if private != "" && public[st.Region] != "" {
		e.DataRef = public[st.Region] + "/v1/materials/" + private
	}
	return e
}
