package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"

	"sandi.internal/gateway/consensus/merkle"
)

// ErrForged is wrapped by every error of Verify that is about content: the
// storage can be read, but it does not hold the ledger it claims to hold.
var ErrForged = errors.New("the ledger does not verify")

func forged(format string, args ...any) error {
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), ErrForged)
}

// Point is a size and root that are known from elsewhere: a cosigned checkpoint.
type Point struct {
	Size uint64
	Root [32]byte
}

// Check says what to hold a ledger against.
type Check struct {
	// Points must lie on this ledger: it is at least as long as each and had
	// its root at that size.
	Points []Point
	// Signed is the size up to which signatures need no second check, because
	// this node has cosigned a root that covers them and that is in Points.
	Signed uint64
}

// Verify checks a whole ledger: see VerifyAgainst.
func (l *Ledger) Verify(r Reader) error { return l.VerifyAgainst(r, Check{}) }

// VerifyAgainst checks a whole ledger in one pass over its keys and trusts
// nothing that is stored:
//
//   - every leaf is well formed, in its place, with the ledger time that the rule
//     gives, its statement signed under a key that was active at that index;
//   - the leaves give the stored tree and its root, and the given points;
//   - the digested keys give the digest that the last leaf carries;
//   - every derived key is what the records give, and there is no other key.
//
// That each statement obeyed the law is not judged again: the digest binds the
// outcome, Replay repeats the judgement. Any goroutine may call it, for any
// storage; the ledger's own memory is not touched.
func (l *Ledger) VerifyAgainst(r Reader, c Check) error {
	h, err := readHead(r)
	if err != nil {
		return fmt.Errorf("couldn't verify: %w", err)
	}
	if h == nil {
		return forged("there is no head")
	}
	if h.protocol > Protocol {
		return fmt.Errorf("couldn't verify protocol %d: %w", h.protocol, ErrProtocol)
	}
	law, err := l.lawOf(r)
	if err != nil {
		return fmt.Errorf("couldn't verify the law: %w", err)
	}
	v := &verifier{l: l, r: r, head: h, check: c, law: law}
	for _, step := range [...]func() error{
		v.tables, v.state, v.log, v.hashes, v.derived, v.refusals,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// verifier is one verification in progress.
type verifier struct {
	l     *Ledger
	r     Reader
	head  *head
	check Check
	law   *lawBook

	statements uint64               // rows of tableStatement
	expected   merkle.Digest        // of the derived pairs that the records give
	levels     map[uint8]*levelHash // of the tree that the leaves give
	last       [32]byte             // state digest in the last leaf
}

// known are the tables that a ledger may hold.
var known = [...]byte{
	tableHead, tableNetwork, tableKey, tableIssuer, tableRevoked, tableSeal, tableMove, tableLaw, tableOffer, tableNode, tableCounter, tableMark, tableRecord, tableStatement, tableAccess, tableRecovery, tableReturn,
	tableLeaf, tableHash, tableUpdated, tableDue, tableRefusal, tableRefused,
}

// spanEnd is the end of the replicated keyspace of storage/state.
const spanEnd = 0x80

// tables finds keys outside the known tables.
func (v *verifier) tables() error {
	stray := func(from, to []byte) error {
		return v.r.Scan(from, to, false, func(k, _ []byte) (bool, error) {
			return false, forged("key %x belongs to no table", k)
		})
	}
	next := byte(tableHead)
	for _, t := range known {
		if t > next {
			if err := stray([]byte{next}, []byte{t}); err != nil {
				return err
			}
		}
		next = t + 1
	}
	if err := stray([]byte{next}, []byte{spanEnd}); err != nil {
		return err
	}
	for _, single := range [...]byte{tableHead, tableNetwork} {
		if err := stray([]byte{single, 0}, []byte{single + 1}); err != nil {
			return err
		}
	}
	return nil
}

// state digests the digested tables anew and collects what the records give.
func (v *verifier) state() error {
	var digest merkle.Digest
	err := v.r.Scan([]byte{digestedFrom}, []byte{digestedTo}, false, func(key, value []byte) (bool, error) {
		digest.Add(key, value)
		switch key[0] {
		case tableNetwork:
			if string(value) != string(networkRow(v.l.network, v.head.protocol)) {
				return false, forged("the ledger belongs to another network")
			}
		case tableStatement:
			v.statements++
		case tableRecord:
			return true, v.record(key, value)
		}
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("couldn't verify the state: %w", err)
	}
	if digest.Sum() != v.head.digest.Sum() {
		return forged("the state does not give the digest of the head")
	}
	return nil
}

// record adds what a record's derived keys must hold to the expectation.
func (v *verifier) record(key, row []byte) error {
	record, err := parseRecordRow(row)
	if err != nil {
		return err
	}
	if string(key) != string(recordKey(record.ID)) {
		return forged("record %s lies in another's place", record.ID)
	}
	law := v.law.version(record.Procedure, record.Version)
	if law == nil {
		return forged("record %s follows an unknown procedure", record.ID)
	}
	f := (&Books{l: v.l, r: v.r, law: v.law}).facts()
	due := dues(law, f, record, v.head.time/1000)
	if f.err != nil {
		return f.err
	}
	s := summarise(record, due)
	v.expected.Add(updatedKey(s.Updated), s.marshal())
	for _, d := range due {
		v.expected.Add(dueKey(d.At, d.Record, d.Name), dueRow(d))
	}
	return nil
}

// derived holds the stored derived keys against the expectation.
func (v *verifier) derived() error {
	var found merkle.Digest
	for _, table := range [...]byte{tableUpdated, tableDue} {
		lower, upper := tableSpan(table)
		err := v.r.Scan(lower, upper, false, func(key, value []byte) (bool, error) {
			found.Add(key, value)
			return true, nil
		})
		if err != nil {
			return fmt.Errorf("couldn't verify the indexes: %w", err)
		}
	}
	if found.Sum() != v.expected.Sum() {
		return forged("the indexes are not those of the records")
	}
	return nil
}

// refusals checks the form of what is remembered. The answers themselves are
// bound by nothing: they are a service, not evidence.
func (v *verifier) refusals() error {
	ways := 0
	for _, region := range v.l.regions {
		prefix := appendTable(nil, tableRefusal, region, "/")
		lower, upper := prefixSpan(prefix)
		err := v.r.Scan(lower, upper, false, func(key, value []byte) (bool, error) {
			row, err := parseRefusal(value)
			if err != nil {
				return false, err
			}
			slot := uint16(row.Seq % refusalsKept)
			if string(key) != string(refusalKey(region, slot)) {
				return false, forged("a refusal lies in another's slot")
			}
			way, err := v.r.Get(refusedKey(region, row.ID))
			if err == nil && string(way) == string(slotValue(slot)) {
				ways++
			}
			return true, err
		})
		if err != nil {
			return fmt.Errorf("couldn't verify the refusals: %w", err)
		}
	}
	lower, upper := tableSpan(tableRefused)
	err := v.r.Scan(lower, upper, false, func(_, _ []byte) (bool, error) {
		ways--
		return true, nil
	})
	if err == nil && ways != 0 {
		err = forged("the refusals and the ways to them differ")
	}
	return err
}

// levelHash sums up one stored level of the tree: its hashes in order.
type levelHash struct {
	count uint64
	sum   [32]byte // chain: NodeHash of the sum before and the next hash
}

func (h *levelHash) add(hash merkle.Hash) {
	h.count++
	h.sum = merkle.NodeHash(h.sum, hash)
}

// hashes holds the stored hashes of the tree against those of the leaves.
func (v *verifier) hashes() error {
	found := make(map[uint8]*levelHash)
	lower, upper := tableSpan(tableHash)
	err := v.r.Scan(lower, upper, false, func(key, value []byte) (bool, error) {
		if len(key) != 10 || len(value) != len(merkle.Hash{}) {
			return false, corrupt("a hash of the tree")
		}
		level := found[key[1]]
		if level == nil {
			level = new(levelHash)
			found[key[1]] = level
		}
		if binary.BigEndian.Uint64(key[2:]) != level.count {
			return false, forged("the tree lacks hash %d of level %d", level.count, key[1])
		}
		level.add(merkle.Hash(value))
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("couldn't verify the tree: %w", err)
	}
	for level, want := range v.levels {
		if got := found[level]; got == nil || *got != *want {
			return forged("the stored hashes of level %d are not those of the leaves", level)
		}
	}
	if len(found) != len(v.levels) {
		return forged("the tree holds levels that the leaves do not give")
	}
	return nil
}
