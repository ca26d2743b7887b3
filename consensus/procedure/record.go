package procedure

import (
	"encoding/json"

	"sandi.internal/gateway/consensus/calendar"
)

// Record is the agreed state of one matter: what its statements add up to.
type Record struct {
	ID              string                     `json:"id"`
	Procedure       string                     `json:"procedure"`
	Version         int                        `json:"version"`          // of the procedure; never changes
	RulesVersion    int                        `json:"rules_version"`    // rule table in force at the last act
	CalendarVersion int                        `json:"calendar_version"` // calendar in force at the last act
	Owner           string                     `json:"owner"`            // region
	Parties         map[string]Party           `json:"parties"`
	State           string                     `json:"state"`
	Seq             int                        `json:"seq"`  // acts so far, opening included
	Head            string                     `json:"head"` // hash of the last statement
	Fields          map[string]json.RawMessage `json:"fields"`
	Commits         map[string]string          `json:"commits"` // field -> salted commitment
	Home            map[string]string          `json:"home"`    // field -> commitment of the vault's copy
	Acts            []ActNote                  `json:"acts"`
	Joint           []JointPart                `json:"joint"` // joint acts that wait for the others
	Clocks          []Clock                    `json:"clocks"`
	Links           []Link                     `json:"links"`
	CreatedAt       int64                      `json:"created_at"` // signed, unix s
	UpdatedAt       int64                      `json:"updated_at"` // signed, unix s
	Synthetic       bool                       `json:"synthetic"`  // set by the ledger
}

// Party is who fills a relative role.
type Party struct {
	Region string `json:"region"`
	Org    string `json:"org"`
}

// ActNote is what the record remembers of an act.
type ActNote struct {
	Event  string   `json:"event"`
	Region string   `json:"region"` // empty when a condition fired it
	Org    string   `json:"org"`
	Role   string   `json:"role"`
	Person string   `json:"person"`
	At     int64    `json:"at"`  // signed, unix s
	Now    int64    `json:"now"` // ledger time, unix s
	Seq    uint64   `json:"seq"` // leaf position
	From   string   `json:"from"`
	To     string   `json:"to"`
	Party  string   `json:"party"`  // relative role that matched
	Part   bool     `json:"part"`   // one part of a joint event that did not complete it
	Fields []string `json:"fields"` // given in this act, sorted
	Late   []string `json:"late"`   // deadlines missed and codes of guards that marked it
	Warn   []string `json:"warn"`   // codes of guards that warned
}

// JointPart is one party's statement of a joint event that still waits.
type JointPart struct {
	Event   string                     `json:"event"`
	Party   string                     `json:"party"`
	Region  string                     `json:"region"`
	Org     string                     `json:"org"`
	Person  string                     `json:"person"`
	Fields  map[string]json.RawMessage `json:"fields"`
	Commits map[string]string          `json:"commits"`
	Home    map[string]string          `json:"home"`
	Seq     uint64                     `json:"seq"` // leaf position
}

// Verdict is how a deadline ended, or stands.
type Verdict string

const (
	Open      Verdict = "open"      // runs, not yet due
	Overdue   Verdict = "overdue"   // runs, past due
	Met       Verdict = "met"       // ended in time
	Late      Verdict = "late"      // ended after it was due
	Lapsed    Verdict = "lapsed"    // the window of a right has passed unused
	Cancelled Verdict = "cancelled" // ended without a verdict: withdrawn, restarted, record closed
)

// Clock is one run of a deadline: its facts, not its result. Due and Verdict
// are written once, when it stops, so that a later calendar cannot turn a
// verdict.
type Clock struct {
	Name         string              `json:"name"`
	Rule         string              `json:"rule"`
	RulesVersion int                 `json:"rules_version"` // table in force when it started
	Start        int64               `json:"start"`         // unix s
	Seq          uint64              `json:"seq"`           // leaf position of the act that started it
	PausedAt     int64               `json:"paused_at"`     // unix s; 0: runs
	Excluded     []calendar.Interval `json:"excluded"`      // pauses; on stopping also those of the fields
	Extensions   []Extended          `json:"extensions"`
	StoppedAt    int64               `json:"stopped_at"`  // signed, unix s; 0: runs
	StoppedNow   int64               `json:"stopped_now"` // ledger time, unix s
	Due          int64               `json:"due"`         // when stopped; unix s
	Verdict      Verdict             `json:"verdict"`     // when stopped
}

// Extended is one extension of a clock.
type Extended struct {
	Rule  int    `json:"rule"` // position among the limit's extensions, from 1
	N     int    `json:"n"`
	Unit  string `json:"unit"`
	Until int64  `json:"until"` // start of the stated day, unix s; 0: by N units
	At    int64  `json:"at"`    // signed, unix s
}

// Link is a reference to another record.
type Link struct {
	Rel string `json:"rel"` // the field that holds it
	ID  string `json:"id"`
}
