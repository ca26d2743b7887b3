package v1

// AccessHead is how long a node's access log is.
type AccessHead struct {
	Log    uint64  `json:"log" doc:"number of the node's log: a log that was lost or damaged is ended, and another begins"`
	Size   uint64  `json:"size" doc:"entries"`
	Root   string  `json:"root" doc:"RFC 6962 root over the slips, base64url"`
	Reason string  `json:"reason,omitempty" enum:"damaged,lost,restored" doc:"why the node began this log"`
	Index  *uint64 `json:"index,omitempty" doc:"leaf of the ledger that says so (access.head); absent: the ledger does not say so yet"`
}

// AccessHeads is every head that the ledger has of the nodes' access logs.
type AccessHeads struct {
	Items []AccessNode `json:"items"`
}

// AccessNode is a node with the heads of its access log.
type AccessNode struct {
	Region  string       `json:"region"`
	Node    string       `json:"node"`
	Removed bool         `json:"removed,omitempty" doc:"the node has left the network"`
	Heads   []AccessHead `json:"heads" doc:"the earliest first"`
}

// AccessLog is a page of this node's access log, the latest entry first.
type AccessLog struct {
	Node   string       `json:"node"`
	Head   AccessHead   `json:"head" doc:"of what the proofs are for: the newest head on the ledger, or the log as it stands when there is none or an entry is newer"`
	Note   string       `json:"note" doc:"the head as a signed note (C2SP tlog-checkpoint), under the origin <ledger>/access/<region>/<node>/<log>"`
	Closed string       `json:"closed,omitempty" doc:"why the log takes no entries now, and nobody is given private data"`
	Items  []AccessLook `json:"items"`
	Next   string       `json:"next,omitempty" doc:"cursor of the next page; a page may be empty and have a next"`
}

// AccessLook is one entry with its place and the proof that it stands there.
type AccessLook struct {
	Index uint64   `json:"index"`
	Slip  string   `json:"slip" doc:"the leaf: a salted digest of entry, and tags of what it is about"`
	Entry string   `json:"entry" doc:"the entry's exact bytes, a JSON object: time (unix ms), action, region, person (pseudonym), org, role, record, because, purpose, what, to, count, reason"`
	Proof []string `json:"proof" doc:"RFC 6962 audit path to the head's root, base64url"`
}

// AccessRows is a run of a node's access log, to build its tree anew from.
type AccessRows struct {
	Region   string      `json:"region"`
	Node     string      `json:"node"`
	Log      uint64      `json:"log"`
	Size     uint64      `json:"size" doc:"of the log that the run is of"`
	From     uint64      `json:"from"`
	Note     string      `json:"note" doc:"the head at size, signed by the node"`
	Subjects []string    `json:"subjects,omitempty" doc:"what entries have to be about to be shown: the record and the commitments that it names"`
	Rows     []AccessRow `json:"rows" doc:"without a gap; the next run begins after the last"`
}

// AccessRow is one place of a log.
type AccessRow struct {
	Slip  string `json:"slip"`
	Entry string `json:"entry,omitempty" doc:"absent: held back, for it is about another matter"`
}

// AccessAnchored is what became of the head of this node's access log.
type AccessAnchored struct {
	Head *AccessHead `json:"head,omitempty" doc:"newest head on the ledger; absent: nobody has looked yet"`
}

// AccessBegin is who answers for a log that takes no entries any more.
type AccessBegin struct {
	Reason string `json:"reason" enum:"damaged,lost,restored" doc:"stands on the ledger for ever"`
}

// AccessStatus is how this node's access log stands.
type AccessStatus struct {
	Log        uint64 `json:"log"`
	Size       uint64 `json:"size" doc:"entries"`
	Anchored   uint64 `json:"anchored" doc:"entries that the newest head on the ledger covers"`
	Unanchored int64  `json:"unanchored_s" doc:"seconds for which entries have waited for the ledger; more than two hours is an alarm"`
	Closed     string `json:"closed,omitempty" doc:"why it takes no entries, and nobody is given private data"`
}
