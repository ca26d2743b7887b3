package ledger

import (
	"bytes"
	"encoding/binary"

	"sandi.internal/gateway/consensus/statement"
)

// AccessHead is a head of a node's access log as the ledger has it.
type AccessHead struct {
	statement.AccessHeadBody
	Region string // of the node
	Leaf   uint64 // index of its statement
}

// accessHead judges access.head: a region says how far the access log of a node of its
// own has come, one that was removed included. A log only grows, and the ledger keeps
// every head: they must all be heads of one tree, which whoever reads the log finds out.
func (l *Ledger) accessHead(r Reader, st *statement.Statement) (decision, *Refusal, error) {
	body, err := statement.ParseAccessHead(st.Body)
	if err != nil {
		return decision{}, malformed(err), nil
	}
	if node := l.registry.Load().nodes[body.Node]; node == nil || node.Region != st.Region {
		return decision{}, refuse(CodeNode, "node", body.Node), nil
	}
	last, err := readAccessHead(r, body.Node)
	if err != nil {
		return decision{}, nil, err
	}
	if code := follows(last, body); code != "" {
		return decision{}, refuse(code, "node", body.Node), nil
	}
	head := &AccessHead{AccessHeadBody: body, Region: st.Region, Leaf: l.tree.Size()}
	row := head.row()
	return decision{changes: []change{{key: accessHeadKey(head), after: row}, {key: accessKey(body.Node), before: last.row(), after: row}}}, nil, nil
}

// follows says what is wrong with a head after the last one, which is nil for none.
func follows(last *AccessHead, next statement.AccessHeadBody) Code {
	if last == nil {
		last = &AccessHead{AccessHeadBody: statement.AccessHeadBody{Log: 1}}
	}
	switch {
	case next.Log > last.Log && next.Reason != "":
		return ""
	case next.Log != last.Log || next.Reason != "":
		return CodeAccessLog
	case next.Size < last.Size:
		return CodeAccessShort
	case next.Size > last.Size:
		return ""
	case next.Root != last.Root:
		return CodeAccessFork
	}
	return CodeAccessKnown
}

// row is the head as it is stored and digested; nil for none.
func (h *AccessHead) row() []byte {
	if h == nil {
		return nil
	}
	row := appendText(appendText([]byte{rowVersion}, h.Node), h.Region)
	for _, n := range [...]uint64{h.Log, h.Size, h.Leaf} {
		row = binary.AppendUvarint(row, n)
	}
	return appendText(appendText(row, h.Root), h.Reason)
}

func parseAccessHead(row []byte) (*AccessHead, error) {
	d := newDecoder(row)
	h := &AccessHead{}
	h.Node, h.Region = d.text(), d.text()
	h.Log, h.Size, h.Leaf = d.uvarint(), d.uvarint(), d.uvarint()
	h.Root, h.Reason = d.text(), d.text()
	return h, d.done("the head of an access log")
}

func readAccessHead(r Reader, node string) (*AccessHead, error) {
	row, err := r.Get(accessKey(node))
	if err != nil || row == nil {
		return nil, err
	}
	return parseAccessHead(row)
}

// AccessHead is the latest head of a node's access log; nil before the first.
func (b *Books) AccessHead(node string) (*AccessHead, error) { return readAccessHead(b.r, node) }

// AccessHeads lists every head of a node's access logs, the earliest first.
func (b *Books) AccessHeads(node string) ([]*AccessHead, error) {
	lower, upper := prefixSpan(append(accessKey(node), separator))
	return b.accessHeads(lower, upper, func([]byte) bool { return true })
}

// LastAccessHeads lists the latest head of every node that has one, by node.
func (b *Books) LastAccessHeads() ([]*AccessHead, error) {
	lower, upper := tableSpan(tableAccess)
	return b.accessHeads(lower, upper, func(key []byte) bool { return bytes.IndexByte(key, separator) < 0 })
}

func (b *Books) accessHeads(lower, upper []byte, takes func(key []byte) bool) ([]*AccessHead, error) {
	list := []*AccessHead{}
	err := b.r.Scan(lower, upper, false, func(k, v []byte) (bool, error) {
		if !takes(k) {
			return true, nil
		}
		h, err := parseAccessHead(v)
		list = append(list, h)
		return true, err
	})
	return list, err
}
