package public

import (
	"net/http"
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/consensus/statement"
)

// openRecord is POST /v1/records.
func (a *API) openRecord(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
	if _, err := query(r); err != nil {
		return err
	}
	order, err := readOrder(w, r, "procedure")
	if err != nil {
		return err
	}
	draft, err := a.draft(r, c, order.role)
	if err != nil {
		return err
	}
	if err := a.freezes(order.fields); err != nil {
		return err
	}
	draft.Procedure, draft.Fields = order.name, order.fields
	receipt, err := a.cfg.Desk.Open(r.Context(), draft)
	if err != nil {
		return err
	}
	return a.settle(w, receipt, "/v1/records/")
}

// actOnRecord is POST /v1/records/{id}/events.
func (a *API) actOnRecord(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
	started := time.Now()
	if _, err := query(r); err != nil {
		return err
	}
	order, err := readOrder(w, r, "event")
	if err != nil {
		return err
	}
	draft, err := a.draft(r, c, order.role)
	if err != nil {
		return err
	}
	if draft.Prev, err = match(r); err != nil {
		return err
	}
	record := r.PathValue("id")
	if !statement.IsRecordID(record) {
		return notFound(r.Context(), started)
	}
	if err := a.freezes(order.fields); err != nil {
		return err
	}
	draft.Event, draft.Fields = order.name, order.fields
	receipt, err := a.cfg.Desk.Act(r.Context(), record, draft)
	if isNotFound(err) {
		return notFound(r.Context(), started)
	}
	if err != nil {
		return err
	}
	return a.settle(w, receipt, "")
}
