package v1

import "encoding/json"

// Procedure is a procedure in a list.
type Procedure struct {
	Name    string   `json:"name" example:"case_transfer"`
	Version int      `json:"version"`
	Prefix  string   `json:"prefix" doc:"of its record ids" example:"CT"`
	Title   Label    `json:"title"`
	Basis   []string `json:"basis" doc:"what it rests on"`
	Opens   []string `json:"opens" doc:"office roles that may open a record"`
}

// Procedures is the law in force.
type Procedures struct {
	Items []Procedure `json:"items"`
}

// ProcedureText is one procedure in full.
type ProcedureText struct {
	Document json.RawMessage `json:"document" doc:"states, parties, fields, events and deadlines, as the engine reads them"`
	Text     string          `json:"text" doc:"the document as adopted (YAML)"`
}

// Orgs are the organisations of all member regions.
type Orgs struct {
	Items []Org `json:"items"`
}

// Org is an organisation that takes part in records.
type Org struct {
	Code   string `json:"code" example:"120114-SJ"`
	Region string `json:"region" example:"120000"`
	Name   Label  `json:"name"`
	Level  string `json:"level" doc:"state, province, city or county"`
	Parent string `json:"parent,omitempty" doc:"organisation above it"`
}

// Rules is the table of deadline rules in force.
type Rules struct {
	Version int    `json:"version" doc:"of the table; every deadline names the one it was computed with"`
	Items   []Rule `json:"items"`
}

// Rule is one deadline rule.
type Rule struct {
	ID        string `json:"id"`
	N         int    `json:"n"`
	Unit      string `json:"unit" doc:"wd: working days, d: days, h: hours"`
	Roll      string `json:"roll" doc:"what happens when the last day is off: holiday, nonworking or none"`
	NotBefore bool   `json:"not_before,omitempty" doc:"a window opens when the limit has passed"`
	Starts    string `json:"starts,omitempty" doc:"in words"`
	Excluded  string `json:"excluded,omitempty" doc:"in words"`
	Extension string `json:"extension,omitempty" doc:"in words"`
	Cite      string `json:"cite"`
	Source    string `json:"source" doc:"how well it is known: seen, recalled or agreed"`
	Note      string `json:"note,omitempty"`
	Title     Label  `json:"title"`
	From      string `json:"from,omitempty" format:"date" doc:"first day of effect"`
	To        string `json:"to,omitempty" format:"date" doc:"last day of effect"`

	Ends        string `json:"ends,omitempty" format:"date-time" doc:"with start: the last second in time of a limit that starts then"`
	Provisional bool   `json:"provisional,omitempty" doc:"with start: it ends beyond the days that the calendar covers"`
}

// Calendar is the working-day calendar in force, as its exceptions from the
// week: Monday to Friday are worked, Saturday and Sunday are not.
type Calendar struct {
	Version int      `json:"version"`
	Source  string   `json:"source,omitempty"`
	From    string   `json:"covers_from" format:"date"`
	To      string   `json:"covers_to" format:"date" doc:"deadlines beyond this day are provisional"`
	Off     []string `json:"off" doc:"weekdays that are not worked"`
	Work    []string `json:"work" doc:"Saturdays and Sundays that are worked"`
}

// PracticeTime is the scenario clock of a practice network.
type PracticeTime struct {
	Now string `json:"now" format:"date-time" doc:"RFC 3339, whole seconds, +08:00" example:"2025-11-10T09:00:00+08:00"`
}

// Proposals are the texts that regions have proposed as law.
type Proposals struct {
	Items []Proposal `json:"items"`
}

// Proposal is the next version of a text of law, on which all regions decide.
type Proposal struct {
	Region    string   `json:"region" doc:"that proposed it" example:"120000"`
	ID        string   `json:"id" doc:"of the statement that proposed it"`
	Form      string   `json:"form" doc:"procedure, rules or calendar" example:"procedure"`
	Name      string   `json:"name" doc:"of the procedure; rules and calendar are called so"`
	Version   int      `json:"version"`
	From      string   `json:"from" format:"date-time" doc:"adopted not before"`
	Index     uint64   `json:"index" doc:"leaf of its statement"`
	State     string   `json:"state" doc:"open, adopted or rejected"`
	Approved  []string `json:"approved" doc:"regions; the proposer approves by proposing"`
	Rejected  string   `json:"rejected,omitempty" doc:"region that refused it"`
	AdoptedAt *uint64  `json:"adopted_at,omitempty" doc:"leaf of its adoption"`
}

// ProposalText is a proposal with the text to vote on.
type ProposalText struct {
	Proposal
	Text    string `json:"text"`
	InForce string `json:"in_force" doc:"the text in force of the same law, to compare with; empty when this would be the first"`
}
