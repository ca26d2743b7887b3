package ledger

import "encoding/binary"

// The keyspace. The first byte is the table; all tables lie below 0x80, in the
// replicated span of storage/state. The order matters to Checker, which sees
// the pairs once, sorted: the head first, then the digested tables with the
// keys that verify signatures, then the leaves, then everything derived.
const (
	tableHead = 0x01 // -> head: size, time, tree, digest

	// Digested: every pair of these tables is in the running state digest.
	tableNetwork   = 0x02 // -> network id and protocol
	tableKey       = 0x10 // region '/' key id -> keyRow
	tableIssuer    = 0x11 // issuer id -> issuerRow
	tableRevoked   = 0x12 // issuer id 0 kind 0 value -> revocation of tokens
	tableSeal      = 0x13 // Beijing date, or nothing for the latest -> sealRow
	tableMove      = 0x14 // region, or nothing for the latest that took effect -> moveRow
	tableLaw       = 0x15 // 'p' region '/' statement id -> proposalRow; 't' the same -> its text; 'n' region -> how many of its proposals are open
	tableOffer     = 0x16 // 'o' region '/' statement id -> offerRow; 'w' recipient region '/' region '/' id while it is open; 'n' region -> how many of its offers are open
	tableNode      = 0x17 // node id -> nodeRow: nodes that were added, or that somebody wants removed
	tableCounter   = 0x18 // prefix '-' region '-' year -> last number
	tableMark      = 0x19 // set 0 key -> record id that holds the mark; '#' set 0 key -> sum of a tally
	tableRecord    = 0x1a // record id -> row
	tableStatement = 0x1b // region '/' statement id -> leaf index and record id
	tableAccess    = 0x1c // node id -> accessRow of its latest head; node id 0 log size -> every head
	tableRecovery  = 0x1e // -> recoveryRow of the latest
	tableReturn    = 0x1f // size of the checkpoint -> returnRow

	// The log itself.
	tableLeaf = 0x20 // index -> leaf envelope
	tableHash = 0x21 // level, index -> hash (levels 0, 8, 16, …)

	// Derived: recomputed from the above by Verify, never digested.
	tableUpdated = 0x30 // last leaf index -> record header
	tableDue     = 0x31 // due, record id 0 deadline -> dueRow: the region, and whether it owes it

	// Answers kept beside the ledger: replicated, not digested, bounded.
	tableRefusal = 0x40 // region '/' slot -> refusal
	tableRefused = 0x41 // region '/' statement id -> slot of its latest refusal
)

// The digested span.
const (
	digestedFrom = tableNetwork
	digestedTo   = tableLeaf // exclusive
)

// What a key of tableLaw leads to.
const (
	lawProposal = 'p'
	lawText     = 't'
	lawOpen     = 'n'
)

// What a key of tableOffer leads to.
const (
	offerRow     = 'o'
	offerWaiting = 'w'
	offerOpen    = 'n'
)

// separator ends a variable part of a key. No region, record id, set name or
// issuer id contains it.
const separator = 0x00

func appendTable(dst []byte, table byte, parts ...string) []byte {
	dst = append(dst, table)
	for _, p := range parts {
		dst = append(dst, p...)
	}
	return dst
}

func headKey() []byte    { return []byte{tableHead} }
func networkKey() []byte { return []byte{tableNetwork} }

func keyKey(region, id string) []byte { return appendTable(nil, tableKey, region, "/", id) }
func issuerKey(id string) []byte      { return appendTable(nil, tableIssuer, id) }
func sealKey(day string) []byte       { return appendTable(nil, tableSeal, day) }
func lastSealKey() []byte             { return []byte{tableSeal} }
func moveKey(region string) []byte    { return appendTable(nil, tableMove, region) }
func lastMoveKey() []byte             { return []byte{tableMove} }
func recoveryKey() []byte             { return []byte{tableRecovery} }
func returnKey(size uint64) []byte    { return binary.BigEndian.AppendUint64([]byte{tableReturn}, size) }

func proposalKey(region, id string) []byte {
	return appendTable(nil, tableLaw, string(rune(lawProposal)), region, "/", id)
}

func lawTextKey(region, id string) []byte {
	return appendTable(nil, tableLaw, string(rune(lawText)), region, "/", id)
}

func nodeKey(id string) []byte { return appendTable(nil, tableNode, id) }
func openProposalsKey(region string) []byte {
	return appendTable(nil, tableLaw, string(rune(lawOpen)), region)
}

func offerKey(region, id string) []byte {
	return appendTable(nil, tableOffer, string(rune(offerRow)), region, "/", id)
}

func waitingOfferKey(o *Offer) []byte {
	return appendTable(nil, tableOffer, string(rune(offerWaiting)), o.ToRegion, "/", o.Region, "/", o.ID)
}

func openOffersKey(region string) []byte {
	return appendTable(nil, tableOffer, string(rune(offerOpen)), region)
}
func counterKey(series string) []byte { return appendTable(nil, tableCounter, series) }
func recordKey(id string) []byte      { return appendTable(nil, tableRecord, id) }
func statementKey(region, id string) []byte {
	return appendTable(make([]byte, 0, 2+len(region)+len(id)), tableStatement, region, "/", id)
}

func markKey(set, key string) []byte {
	return appendTable(nil, tableMark, set, string(rune(separator)), key)
}

// tallyKey stands among the marks: no set of marks is called so.
func tallyKey(set, key string) []byte { return markKey("#"+set, key) }

func accessKey(node string) []byte { return appendTable(nil, tableAccess, node) }

func accessHeadKey(h *AccessHead) []byte {
	k := appendTable(nil, tableAccess, h.Node, string(rune(separator)))
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(k, h.Log), h.Size)
}

func revokedKey(issuer, kind, value string) []byte {
	return appendTable(nil, tableRevoked, issuer, string(rune(separator)), kind, string(rune(separator)), value)
}

func leafKey(index uint64) []byte {
	return binary.BigEndian.AppendUint64(append(make([]byte, 0, 9), tableLeaf), index)
}

func hashKey(level uint8, index uint64) []byte {
	return binary.BigEndian.AppendUint64(append(make([]byte, 0, 10), tableHash, level), index)
}

func updatedKey(last uint64) []byte {
	return binary.BigEndian.AppendUint64(append(make([]byte, 0, 9), tableUpdated), last)
}

// dueKey orders by due time first. Times before 1970 do not occur: signed times
// lie within 30 days of a ledger time that starts at genesis.
func dueKey(due int64, record, deadline string) []byte {
	k := binary.BigEndian.AppendUint64(append(make([]byte, 0, 10+len(record)+len(deadline)), tableDue), uint64(max(due, 0)))
	k = append(k, record...)
	k = append(k, separator)
	return append(k, deadline...)
}

func refusalKey(region string, slot uint16) []byte {
	return binary.BigEndian.AppendUint16(appendTable(nil, tableRefusal, region, "/"), slot)
}

func refusedKey(region, id string) []byte { return appendTable(nil, tableRefused, region, "/", id) }

func slotValue(slot uint16) []byte { return binary.BigEndian.AppendUint16(nil, slot) }

// tableSpan returns the bounds of one table.
func tableSpan(table byte) (lower, upper []byte) { return []byte{table}, []byte{table + 1} }

// prefixSpan returns the bounds of all keys that begin with prefix, whose last
// byte must not be 0xff.
func prefixSpan(prefix []byte) (lower, upper []byte) {
	upper = append(make([]byte, 0, len(prefix)), prefix...)
	upper[len(upper)-1]++
	return prefix, upper
}
