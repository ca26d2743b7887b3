package v1

// OfferRequest offers private files of the bureau's vault to another bureau.
type OfferRequest struct {
	To        string   `json:"to" doc:"organisation of another region that may fetch" example:"130000-SJ"`
	Record    string   `json:"record,omitempty" doc:"the record it is for" example:"CT-120000-2025-000018"`
	Purpose   string   `json:"purpose" maxLength:"300" doc:"what the recipient may use it for; on the ledger"`
	Basis     string   `json:"basis" maxLength:"300" doc:"provision that allows it; on the ledger" example:"程序规定 第14条"`
	Expires   string   `json:"expires,omitempty" doc:"RFC 3339, whole seconds, +08:00; at most a year ahead, 30 days when not given"`
	Materials []string `json:"materials" maxItems:"200" doc:"commitments of files in this bureau's vault"`
	Role      string   `json:"role,omitempty" doc:"office role to act in; needed when the token holds several"`
}

// OfferAnswer is the receipt of an offer, with the commitment of its list.
type OfferAnswer struct {
	Receipt
	Region string `json:"region"`
	Root   string `json:"root" doc:"commitment of the list of materials: what a letter names as its list"`
}

// Offer is what the ledger knows of private files that one bureau offers to another,
// and how far this node has come with fetching them.
type Offer struct {
	Region   string      `json:"region" doc:"that made it"`
	ID       string      `json:"id" doc:"of its statement"`
	To       string      `json:"to" doc:"organisation"`
	Record   string      `json:"record,omitempty"`
	Root     string      `json:"root" doc:"commitment of the list of materials"`
	State    string      `json:"state" enum:"open,fulfilled,called_off,contested"`
	Purpose  string      `json:"purpose,omitempty"`
	Basis    string      `json:"basis,omitempty"`
	Expires  string      `json:"expires"`
	Count    int         `json:"count" doc:"of files"`
	Bytes    int64       `json:"bytes" doc:"of all files"`
	Index    uint64      `json:"index" doc:"leaf of its statement"`
	Ended    *uint64     `json:"ended,omitempty" doc:"leaf of the statement that ended it: the receipt, when it is fulfilled"`
	EndedBy  string      `json:"ended_by,omitempty" doc:"id of that statement, in the region that made it"`
	Items    []OfferItem `json:"items,omitempty" doc:"one offer only"`
	Received *int64      `json:"received,omitempty" doc:"bytes that this node has fetched and verified"`
	Note     string      `json:"note,omitempty" doc:"why fetching does not go on at the moment"`
}

// OfferItem is one file on offer.
type OfferItem struct {
	Commitment string `json:"commitment"`
	Size       int64  `json:"size" doc:"bytes"`
	Media      string `json:"media" doc:"as its owner claims"`
}

// Offers is a page of offers.
type Offers struct {
	Items []Offer `json:"items"`
	Next  string  `json:"next,omitempty" doc:"cursor of the next page"`
}

// WithdrawRequest ends an offer that nobody has received.
type WithdrawRequest struct {
	Reason string `json:"reason" enum:"destroyed,mistake,superseded"`
	Role   string `json:"role,omitempty"`
}

// MaterialAbout is a private file with how it is kept.
type MaterialAbout struct {
	Material
	Name     string         `json:"name,omitempty"`
	Org      string         `json:"org,omitempty" doc:"whose people brought it, or whom it was delivered to"`
	StoredAt string         `json:"stored_at"`
	Class    string         `json:"class,omitempty" doc:"retention class; none: kept for ever"`
	Until    string         `json:"until,omitempty" doc:"purged not before"`
	Holds    []MaterialHold `json:"holds,omitempty" doc:"legal holds: it is not purged while one stands"`
}

// MaterialHold is a legal hold.
type MaterialHold struct {
	ID     string `json:"id" doc:"of whoever may lift it, e.g. a record"`
	Reason string `json:"reason"`
	Since  string `json:"since"`
}

// Materials is a page of private files.
type Materials struct {
	Items []MaterialAbout `json:"items"`
	Next  string          `json:"next,omitempty" doc:"cursor of the next page"`
}

// KeepRequest changes how long a private file is kept, or destroys it.
type KeepRequest struct {
	Action string `json:"action" enum:"retain,hold,lift,purge"`
	Class  string `json:"class,omitempty" doc:"retain: the class of the bureau's schedule"`
	Until  string `json:"until,omitempty" doc:"retain: RFC 3339; never shortened"`
	Hold   string `json:"hold,omitempty" doc:"hold, lift: its id"`
	Reason string `json:"reason,omitempty" doc:"hold, purge"`
}

// Scrubbed is what reading the whole vault found.
type Scrubbed struct {
	Objects int64    `json:"objects"`
	Bytes   int64    `json:"bytes"`
	Damaged []string `json:"damaged" doc:"commitments of files that are not what was committed to: fetch them again from a bureau that has them, or from a backup"`
}
