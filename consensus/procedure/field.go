package procedure

// See says where a field's value may stand.
type See string

const (
	SeeClear  See = "clear"  // on the ledger, readable by every member
	SeeCommit See = "commit" // on the ledger only as a salted commitment
	SeeHome   See = "home"   // never leaves the owner's vault
)

// Field declares one field of a record, one member of an object or the item
// of a list.
type Field struct {
	Name string    `json:"name,omitempty"`
	Type FieldType `json:"type"`
	See  See       `json:"see,omitempty"` // top level only
	Label
	Min      *int64  `json:"min,omitempty"` // runes, value, items; decimals in units of the last place
	Max      *int64  `json:"max,omitempty"`
	Places   int     `json:"places,omitempty"`   // decimal
	Values   []Value `json:"values,omitempty"`   // enum, intervals and materials: the kinds
	Of       *Field  `json:"of,omitempty"`       // list; collection: the field that is appended
	Item     string  `json:"item,omitempty"`     // collection: its name
	Members  []Field `json:"fields,omitempty"`   // object
	Optional bool    `json:"optional,omitempty"` // member that may be absent
	Ordered  []Pair  `json:"ordered,omitempty"`  // object: First not above Second: numbers, dates, times
	Differ   []Pair  `json:"differ,omitempty"`   // object: First and Second are not equal
	Distinct string  `json:"distinct,omitempty"` // list: member (or "true": the item) that may not repeat
	Known    bool    `json:"known,omitempty"`    // org: must be an organisation of a member region
	Line     int     `json:"-"`
}

// Pair names two members of an object that are held against each other where
// both stand.
type Pair struct {
	First  string `json:"first"`
	Second string `json:"second"`
}

// Value is one choice of an enumeration.
type Value struct {
	Name string `json:"name"`
	Label
}

// FieldType names a validator.
type FieldType string

// The field types. Their rules stand in field_*.go and in README.md.
const (
	TypeString     FieldType = "string"
	TypeText       FieldType = "text"
	TypeInt        FieldType = "int"
	TypeBool       FieldType = "bool"
	TypeDecimal    FieldType = "decimal"
	TypeDate       FieldType = "date"
	TypeTime       FieldType = "time"
	TypeEnum       FieldType = "enum"
	TypeRegion     FieldType = "region"
	TypeOrg        FieldType = "org"
	TypeDivision   FieldType = "division"
	TypeUSCC       FieldType = "uscc"
	TypeDocNo      FieldType = "doc_no"
	TypeCaseFileNo FieldType = "case_file_no"
	TypeCMA        FieldType = "cma_no"
	TypeCCC        FieldType = "ccc_no"
	TypePerson     FieldType = "person"
	TypeOfficer    FieldType = "officer"
	TypeHash       FieldType = "hash"
	TypeCommitment FieldType = "commitment"
	TypeMaterials  FieldType = "materials"
	TypeIntervals  FieldType = "intervals"
	TypeRecord     FieldType = "record"
	TypeList       FieldType = "list"
	TypeObject     FieldType = "object"
	TypeCollection FieldType = "collection" // what several acts have appended; never stated itself
)
