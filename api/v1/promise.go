package v1

// Promise is a node's signed word that it has seen a statement and by when the
// ledger is to have answered it.
type Promise struct {
	Node string `json:"node" doc:"who promised" example:"110000-a"`
	Seen string `json:"seen" format:"date-time"`
	Due  string `json:"due" format:"date-time"`
	Late bool   `json:"late" doc:"the due time is over and the ledger had not answered by then: evidence of delay"`
	// KeptLateS is how late it was kept.
	KeptLateS int64  `json:"kept_late_s,omitempty" doc:"the ledger has answered after all, so many seconds behind the due time; absent while it has not, and when it was in time"`
	Note      string `json:"note" doc:"the promise itself: a signed note under the node's log key (sandi-promise/1)"`
}
