package accesslog

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

// Question is what somebody who audits asks of a log.
type Question struct {
	Log    uint64 `json:"log"`    // number; 0: the one that is written now
	From   uint64 `json:"from"`   // first index wanted
	Size   uint64 `json:"size"`   // of the log that the answer is of; 0: as it is now
	Record string `json:"record"` // entries about it are shown; empty: all, to the own bureau only
}

var (
	// ErrNotParty says that a region is no party to the record that it asks for, or
	// asks for everything in another bureau's log.
	ErrNotParty = errors.New("the region is no party to the record")
	// ErrSilent says that a node does not answer.
	ErrSilent = errors.New("the node does not answer")
	// ErrRange says that the log has no such place.
	ErrRange = errors.New("the access log has no such place")
)

// Sign signs a head as this node.
type Sign func(access.Head) ([]byte, error)

// Show answers a region's question: all slips of a run, and the entries about the
// record. The region's own people see their own log without naming one. books is this
// node's own ledger, which decides who is a party. Errors wrap ErrNotParty, ErrRange or
// ErrDamaged.
func (l *Log) Show(ctx context.Context, books *ledger.Books, region string, q Question, sign Sign) (v1.AccessRows, error) {
	own, err := l.Head()
	if err != nil {
		return v1.AccessRows{}, err
	}
	if q.Log == 0 {
		q.Log = own.Log
	}
	if q.Size == 0 && q.Log == own.Log {
		q.Size = own.Size
	}
	if q.Log > own.Log || q.Log == own.Log && q.Size > own.Size || q.From > q.Size {
		return v1.AccessRows{}, fmt.Errorf("couldn't show log %d of %d entries from %d on: %w", q.Log, q.Size, q.From, ErrRange)
	}
	subjects, err := Subjects(books, region, q.Record)
	if err != nil {
		return v1.AccessRows{}, err
	}
	if q.Record == "" && region != l.cfg.Region {
		return v1.AccessRows{}, fmt.Errorf("couldn't show the whole access log to region %s: %w", region, ErrNotParty)
	}
	out := v1.AccessRows{Region: l.cfg.Region, Node: l.cfg.Node, Log: q.Log, Size: q.Size, From: q.From, Subjects: subjects, Rows: []v1.AccessRow{}}
	head, err := l.HeadAt(q.Log, q.Size)
	if err != nil {
		return v1.AccessRows{}, err
	}
	note, err := sign(head)
	if err != nil {
		return v1.AccessRows{}, err
	}
	out.Note = string(note)
	rows, err := l.Rows(ctx, q.Log, q.From, q.Size, shown(subjects))
	for _, row := range rows {
		out.Rows = append(out.Rows, v1.AccessRow{Slip: row.Slip, Entry: string(row.Entry)})
	}
	return out, err
}

// shown says which entries are shown: those about a subject, all without subjects.
func shown(subjects []string) func(slip string, e access.Entry) bool {
	tags := make([]string, len(subjects))
	for i, s := range subjects {
		tags[i] = access.Tag(s)
	}
	return func(slip string, _ access.Entry) bool {
		return len(tags) == 0 || slices.ContainsFunc(tags, func(tag string) bool { return access.About(slip, tag) })
	}
}

// Subjects are a record and the commitments that it names, for a region that is a
// party to it; none when no record is named. The error wraps ErrNotParty.
func Subjects(books *ledger.Books, region, id string) ([]string, error) {
	if id == "" {
		return nil, nil
	}
	if !statement.IsRecordID(id) {
		return nil, ErrNotParty
	}
	rec, err := books.Record(id)
	if err != nil {
		return nil, err
	}
	if rec == nil || !slices.Contains(ledger.Involved(rec), region) {
		return nil, fmt.Errorf("couldn't show looks at %s to region %s: %w", id, region, ErrNotParty)
	}
	return append([]string{id}, ledger.Named(rec)...), nil
}
