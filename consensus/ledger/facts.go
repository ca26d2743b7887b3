package ledger

import (
	"bytes"
	"encoding/hex"
	"strconv"

	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/draw"
	"sandi.internal/gateway/consensus/procedure"
)

// facts answers the procedure engine from the ledger's state. The first failure
// of storage is kept in err: the engine's verdict then counts for nothing.
type facts struct {
	law     *lawBook
	orgs    map[string]string
	regions []string
	reader  Reader
	record  func(id string) (*procedure.Record, error)
	network string
	keys    *registry
	index   uint64 // of the next leaf
	asked   []pair // marks and tallies read so far: a guard asks, then the act changes them
	err     error
}

// pair is a key with what was read under it; nil means absent.
type pair struct{ key, value []byte }

// maxAsked bounds what is remembered for one act: a few marks and tallies.
const maxAsked = 8

// read is the reader's Get, once for each key. Nothing is written while an act is
// judged, so the answer stays. The value must not be written to.
func (f *facts) read(key []byte) ([]byte, error) {
	for i := range f.asked {
		if bytes.Equal(f.asked[i].key, key) {
			return f.asked[i].value, nil
		}
	}
	value, err := f.reader.Get(key)
	if err == nil && len(f.asked) < maxAsked {
		f.asked = append(f.asked, pair{key, value})
	}
	return value, err
}

var _ procedure.Facts = (*facts)(nil)

// IsRegion implements procedure.Facts.
func (f *facts) IsRegion(code string) bool {
	for _, r := range f.regions {
		if r == code {
			return true
		}
	}
	return false
}

// Regions implements procedure.Facts.
func (f *facts) Regions() int { return len(f.regions) }

// OrgKnown implements procedure.Facts.
func (f *facts) OrgKnown(code string) bool {
	_, ok := f.orgs[code]
	return ok
}

// Marked implements procedure.Facts.
func (f *facts) Marked(set, key string) (string, bool) {
	if !markFits(set, key) {
		return "", false // nothing of this form can ever have been set
	}
	holder, err := f.read(markKey(set, key))
	if err != nil && f.err == nil {
		f.err = err
	}
	return string(holder), holder != nil
}

// Tally implements procedure.Facts.
func (f *facts) Tally(set, key string) int64 {
	if !markFits(set, key) {
		return 0
	}
	row, err := f.read(tallyKey(set, key))
	if err != nil || row == nil {
		if f.err == nil {
			f.err = err
		}
		return 0
	}
	sum, err := strconv.ParseInt(string(row), 10, 64)
	if err != nil && f.err == nil {
		f.err = corrupt("a tally")
	}
	return sum
}

// Contributes implements procedure.Facts.
func (f *facts) Contributes(region, record string, opened uint64, pool, rule, signature string) bool {
	key := f.keys.drawKey(region, opened, f.index)
	if key == nil {
		return false
	}
	terms := draw.Terms{Network: f.network, Draw: record}
	p, perr := hex.DecodeString(pool)
	r, rerr := hex.DecodeString(rule)
	s, serr := hex.DecodeString(signature)
	if perr != nil || rerr != nil || serr != nil || copy(terms.Pool[:], p) != len(terms.Pool) || copy(terms.Rule[:], r) != len(terms.Rule) {
		return false
	}
	return draw.Contribution{Region: region, Signature: s}.Check(terms, key.PublicKey) == nil
}

// Record implements procedure.Facts.
func (f *facts) Record(id string) (*procedure.Record, error) { return f.record(id) }

// Calendar implements procedure.Facts.
func (f *facts) Calendar() *calendar.Calendar { return f.law.calendar }

// Rule implements procedure.Facts.
func (f *facts) Rule(id string, version int) (calendar.Rule, bool) { return f.law.rule(id, version) }

// maxMarkKey bounds the key of a mark: the longest honest one is a document
// number of 24 Han characters.
const maxMarkKey = 256

func markFits(set, key string) bool {
	if set == "" || key == "" || len(key) > maxMarkKey {
		return false
	}
	for i := 0; i < len(set); i++ {
		if set[i] == separator {
			return false
		}
	}
	return true
}
