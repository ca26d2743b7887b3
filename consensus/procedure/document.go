package procedure

// Schema is the version of the document schema that this engine reads.
const Schema = 1

// Bounds of a document. They keep compiling fast and records small; the
// largest procedure of the three bureaus uses about a fifth of each.
const (
	maxStates    = 64
	maxParties   = 8
	maxFields    = 160
	maxEvents    = 160
	maxLimits    = 32
	maxGuards    = 16 // per event
	maxMarks     = 8  // per event, and tallies
	maxNames     = 64 // entries in any list of names
	maxLabel     = 80 // runes of a label in either language
	maxMessage   = 300
	maxGuardText = 600 // runes of a guard expression
	maxNesting   = 4   // lists and objects within each other
)

// Label is what people read, in both languages.
type Label struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// Document is one version of one procedure, as written.
type Document struct {
	Name     string      `json:"name"`
	Version  int         `json:"version"`
	Prefix   string      `json:"prefix"` // of record ids, two capitals
	Title    Label       `json:"title"`
	Basis    []string    `json:"basis"`
	Initial  string      `json:"initial"`
	Terminal []string    `json:"terminal"`
	States   []State     `json:"states"`  // order = order on screens
	Parties  []PartyRule `json:"parties"` // the first is the owner
	Fields   []Field     `json:"fields"`
	Open     Event       `json:"open"` // creation; its Name is OpenEvent
	Events   []Event     `json:"events"`
	Limits   []Limit     `json:"deadlines"`
	Private  *Private    `json:"private,omitempty"` // who may read what stays at home
	Pool     *Pool       `json:"pool,omitempty"`    // its records are there to choose from
	Import   *Import     `json:"import,omitempty"`  // records may come from sheets
	Shares   *Shares     `json:"shares,omitempty"`  // its records are about shared data sets
	Notes    []string    `json:"notes,omitempty"`   // invariants in words, not executed
}

// State is where a record may be.
type State struct {
	Name string `json:"name"`
	Label
	Line int `json:"-"`
}

// PartyRule declares a relative role: who takes part beside the owner.
type PartyRule struct {
	Name string `json:"name"`
	Label
	Owner      bool   `json:"owner,omitempty"`
	Field      string `json:"field,omitempty"`               // the org field that names the party
	SameRegion bool   `json:"same_region_allowed,omitempty"` // default: its region differs from the owner's
	LevelEqual string `json:"level_equal,omitempty"`         // party whose administrative level it must share
	List       string `json:"list,omitempty"`                // the field, a list of orgs, that names one such party per region
	Line       int    `json:"-"`
}

// Actor is one `party.role` of a `by` list. Party AnyParty admits every region.
type Actor struct {
	Party string `json:"party"`
	Role  string `json:"role"`
}

// AnyParty in an Actor admits every member region.
const AnyParty = "any"

// OpenEvent names creation where events are listed (four_eyes, deadlines).
const OpenEvent = "open"

// Auto says that nobody presses a button for an event.
type Auto string

const (
	AutoReceipt   Auto = "receipt"   // the party's node submits it when it sees the state
	AutoDue       Auto = "due"       // any region's node submits it once the limit has passed
	AutoCondition Auto = "condition" // fires inside the act that fulfils its condition
	AutoLinked    Auto = "linked"    // any region's node submits it once its condition on other records holds
	AutoDraw      Auto = "draw"      // every party's node gives its contribution to a draw, once
	AutoRank      Auto = "rank"      // a node that holds pool and rule states what the draw gives
)

// Event is one way a record moves. Several events may share a name when their
// From states are disjoint.
type Event struct {
	Name      string     `json:"name"`
	Title     Label      `json:"title"`
	From      []string   `json:"from,omitempty"`
	To        string     `json:"to,omitempty"` // empty: the state stays
	By        []Actor    `json:"by,omitempty"`
	FourEyes  []string   `json:"four_eyes,omitempty"`
	Require   []string   `json:"require,omitempty"`
	Optional  []string   `json:"optional,omitempty"`
	Guards    []Guard    `json:"guards,omitempty"`
	Marks     []MarkRule `json:"marks,omitempty"`
	Unmarks   []MarkRule `json:"unmarks,omitempty"`
	Tallies   []Tallying `json:"tally,omitempty"`
	Appends   []Append   `json:"append,omitempty"`
	Basis     []string   `json:"basis,omitempty"`
	Auto      Auto       `json:"auto,omitempty"`
	After     string     `json:"after,omitempty"`     // when.after: the limit that must have passed
	Condition string     `json:"condition,omitempty"` // CEL, with AutoCondition and AutoLinked
	Joint     *Joint     `json:"joint,omitempty"`
	SetParty  []Assign   `json:"set_party,omitempty"`
	Reassign  []Assign   `json:"reassign,omitempty"`
	Echo      []Echo     `json:"echo,omitempty"` // with AutoReceipt: what the node repeats as it received it
	Over      []string   `json:"over,omitempty"` // with AutoDraw: the digests of pool and rule that are signed
	Line      int        `json:"-"`
}

// Joint asks for separate statements of several parties; the last one fires.
type Joint struct {
	By      []Actor  `json:"by"`
	N       int      `json:"n,omitempty"`       // distinct parties needed, or persons; 0 with All
	All     bool     `json:"all,omitempty"`     // every party of By
	Persons bool     `json:"persons,omitempty"` // N counts persons, whatever party they act for
	Same    []string `json:"same,omitempty"`    // fields equal in all statements
}

// Assign binds a party to the organisation in a field of the event.
type Assign struct {
	Party string `json:"party"`
	Field string `json:"field"`
}

// Echo is a field of an automatic receipt and the record's field whose value the
// receiving node repeats in it: what arrived, confirmed under its own signature.
type Echo struct {
	Field string `json:"field"`
	From  string `json:"from"`
}

// Then is what a guard does when its condition is true.
type Then string

const (
	ThenRefuse Then = "refuse" // the act is refused
	ThenLate   Then = "late"   // accepted, the act carries the code as late
	ThenWarn   Then = "warn"   // accepted, the act carries the code as a warning
)

// Guard refuses or marks an act when its condition is true.
type Guard struct {
	If   string `json:"if"` // CEL, bool
	Then Then   `json:"then"`
	Code string `json:"code"`
	Cite string `json:"cite"`
	Label
	Line int `json:"-"`
}

// MarkRule sets or removes a mark: a fact that other records can ask for.
type MarkRule struct {
	Set    string `json:"set"`
	Key    string `json:"key"` // CEL, string
	Unique bool   `json:"unique,omitempty"`
	Code   string `json:"code,omitempty"` // of the refusal when taken
	Cite   string `json:"cite,omitempty"`
	Label
	Line int `json:"-"`
}

// Tallying adds to a tally: a whole number, never below zero, that any record may
// ask for (quotas, votes, how many assignments of a plan have ended).
type Tallying struct {
	Set  string `json:"set"`
	Key  string `json:"key"` // CEL, string
	Add  string `json:"add"` // CEL, int
	Line int    `json:"-"`
}

// Append adds the value of a field of the act to a collection of the record, with
// the region, the organisation and the time of the act.
type Append struct {
	List string `json:"list"`
	From string `json:"from"`
}

// Limit declares a time limit: which events start, stop, pause and extend it.
type Limit struct {
	Name       string       `json:"name"`
	Title      Label        `json:"title"`
	Rule       string       `json:"rule"`  // id in the rule table
	Owner      string       `json:"owner"` // the party that owes it, or OutsideParty
	Starts     []Start      `json:"start"` // the first that matches an event applies
	Stop       []string     `json:"stop,omitempty"`
	Cancel     []string     `json:"cancel,omitempty"`
	PauseFrom  []string     `json:"pause_from,omitempty"`
	PauseTo    []string     `json:"pause_to,omitempty"`
	Exclude    *Exclude     `json:"exclude,omitempty"`
	Extend     []ExtendRule `json:"extend,omitempty"`
	NotBefore  bool         `json:"not_before,omitempty"` // a window that opens when due
	Right      bool         `json:"right,omitempty"`      // the window of a right: it lapses, nobody is overdue
	LateRefuse bool         `json:"late_refuse,omitempty"`
	Line       int          `json:"-"`
}

// OutsideParty owns the limits of an authority that takes no part here.
const OutsideParty = "outside"

// Start says when a clock starts: at the signed time of an event, or at the
// latest of the dates that stand in Fields.
type Start struct {
	On     []string `json:"on"`
	Fields []string `json:"fields,omitempty"` // date or time fields, or one list
	Member string   `json:"member,omitempty"` // the member, when Fields names a list
	Until  string   `json:"until,omitempty"`  // a clear date: the limit ends with that day, if the rule ends earlier
	Once   bool     `json:"once,omitempty"`   // later occurrences do not restart it
	If     string   `json:"if,omitempty"`     // CEL over the record after the event
	Line   int      `json:"-"`
}

// Exclude names a field of intervals that do not count.
type Exclude struct {
	Field string   `json:"field"`
	Kinds []string `json:"kinds"`
}

// ExtendRule prolongs a running clock, by a number of units or to a stated date.
type ExtendRule struct {
	On    []string `json:"on"`
	N     int      `json:"n,omitempty"`
	Unit  string   `json:"unit,omitempty"`
	Field string   `json:"field,omitempty"`
	Times int      `json:"times,omitempty"` // 0: as often as the record allows
	Line  int      `json:"-"`
}
