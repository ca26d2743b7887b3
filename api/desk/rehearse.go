package desk

import (
	"slices"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/storage/commitment"
)

// unmade stands for commitments to values that are not in the vault yet.
var unmade = commitment.Commitment{}.String()

// Rehearse judges a draft as Open and Act would, in a trial, and keeps nothing: no
// statement, nothing in the vault. An empty record opens one. It gives the record's id
// in the trial. The error is a *problem.Problem with every wrong field, the ledger's
// refusal, or a failure of ours.
func (d *Desk) Rehearse(books *ledger.Books, trial *ledger.Trial, record string, draft Draft) (string, *ledger.Refusal, error) {
	f := form{law: books.Law(draft.Procedure, 0)}
	if record == "" && f.law != nil {
		f.event = &f.law.Document.Open
	}
	at := d.now()
	if record != "" {
		rec, err := trial.Record(record)
		if err != nil || rec == nil {
			return "", nil, problem.New(problem.NotFound).Because(err)
		}
		at = max(at, rec.UpdatedAt)
		f = card{procedure: rec.Procedure, version: rec.Version, state: rec.State}.form(books, draft.Event)
	}
	if f.law == nil {
		return "", nil, problem.Invalid(problem.At("body.procedure", problem.UnknownProcedure))
	}
	c, commit, home, err := sorted(f, &draft)
	if err != nil {
		return "", nil, err
	}
	act := procedure.Act{
		Event: draft.Event, Region: d.cfg.Region, Org: draft.Org, Role: draft.Role, Person: draft.Person, At: at, Fields: c.clear,
	}
	for _, m := range commit {
		if act.Commits == nil {
			act.Commits = make(map[string]string)
		}
		act.Commits[m.Name] = unmade
	}
	for _, m := range home {
		act.Home, act.Private = append(act.Home, m.Name), unmade
	}
	slices.Sort(act.Home)
	if record == "" {
		return trial.Open(draft.Procedure, act)
	}
	refusal, err := trial.Act(record, act)
	return record, refusal, err
}

// Known gives the answer that the ledger gave to the very same draft before; nil when
// its id is new. Another draft under its id is problem.KeyReused.
func (d *Desk) Known(books *ledger.Books, record string, draft Draft) (*Receipt, error) {
	return d.answered(books, draft.ID, d.request(&draft, record))
}

// CheckForm checks the fields of a draft alone: a *problem.Problem with all that are
// wrong, nil when none is.
func CheckForm(law *ledger.Law, event *procedure.Event, draft Draft) error {
	_, _, _, err := sorted(form{law: law, event: event}, &draft)
	return err
}
