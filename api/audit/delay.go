package audit

import (
	"encoding/json"
	"fmt"
	"strconv"

	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/promise"
	"sandi.internal/gateway/consensus/statement"
)

// Delay is a submission promise that was not kept in time.
type Delay struct {
	promise.Promise
	Note      []byte // the promise as it was signed
	Committed bool   // the statement is in the ledger after all,
	Index     uint64 // as this leaf,
	At        int64  // at this ledger time, unix s;
	Found     int64  // this node missed it at the due time, and found it then, unix s; else 0
	KeptLate  int64  // s behind the due time that it was kept; 0: not yet
}

// delaysMost bounds the late promises that one bundle has.
const delaysMost = 256

// delayItem is a late promise as the doors and bundles have it, "sandi-delay/1".
type delayItem struct {
	Format    string  `json:"format"`
	Why       string  `json:"why"`
	Node      string  `json:"node"` // region/node that promised
	Statement string  `json:"statement"`
	Hash      string  `json:"hash"`
	Seen      string  `json:"seen"`
	Due       string  `json:"due"`
	Index     *uint64 `json:"index,omitempty"` // of its leaf, when it came late
	At        string  `json:"at,omitempty"`    // ledger time of that leaf, which the leader stamped
	Found     string  `json:"found,omitempty"` // when this node, which had missed it, found it
	KeptLateS int64   `json:"kept_late_s,omitempty"`
	Promise   string  `json:"promise"` // the signed note
}

func (d *Delay) item() delayItem {
	item := delayItem{
		Format: bundle.FormatDelay, Node: d.Region + "/" + d.Node, Statement: d.From + "/" + d.ID, Hash: d.Hash.String(),
		Seen: statement.FormatAt(d.Seen), Due: statement.FormatAt(d.Due), Promise: string(d.Note),
	}
	item.Why = fmt.Sprintf("%s promised statement %s by %s, and it is not in the ledger of the node that shows this", item.Node, item.Statement, item.Due)
	if d.Committed {
		index := d.Index
		item.Index, item.At = &index, statement.FormatAt(d.At)
		item.KeptLateS = d.KeptLate
		item.Why = fmt.Sprintf("%s promised statement %s by %s, and it came at %s: kept late by %d s", item.Node, item.Statement, item.Due, item.At, d.KeptLate)
	}
	if d.Found != 0 {
		item.Found = statement.FormatAt(d.Found)
		item.Why += "; the node that shows this missed it then, and found it at " + item.Found
	}
	return item
}

// delayFiles are the late promises as they go into a bundle.
func (l *Log) delayFiles(files map[string][]byte) error {
	delays := l.cfg.Delays()
	for n, d := range delays[:min(len(delays), delaysMost)] {
		body, err := json.Marshal(d.item())
		if err != nil {
			return fmt.Errorf("couldn't export a late promise: %w", err)
		}
		files[bundle.DelayPrefix+strconv.Itoa(n)] = append(body, '\n')
	}
	return nil
}
