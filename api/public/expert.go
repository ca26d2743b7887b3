package public

import (
	"context"
	"errors"
	"slices"
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/roster"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/procedure"
)

type expertsIn struct {
	Reading
	Pool     string `query:"pool" maxLength:"32" doc:"procedure whose records the pool is; needed when the law has several pools"`
	Field    string `query:"field" maxLength:"40" doc:"what they are good at" example:"cable"`
	Region   string `query:"region" maxLength:"6" doc:"home region" example:"110000"`
	From     string `query:"available_from" format:"date" doc:"first day of the service; today when absent"`
	To       string `query:"to" format:"date" doc:"last day; the first when absent"`
	Party    string `query:"without_conflict_with" maxLength:"18" doc:"credit code of whom they would visit" example:"91130108MA0000AB1C"`
	Group    string `query:"group" maxLength:"18" doc:"credit code of that party's group"`
	Host     string `query:"host" maxLength:"6" doc:"region where it lies; by its credit code when absent"`
	Round    string `query:"round" maxLength:"64" doc:"record of the plan that they are chosen for: its own visits do not count against anybody"`
	Excluded bool   `query:"excluded" doc:"also who may not, with the reasons"`
	Limit    int    `query:"limit" minimum:"1" maximum:"1000" default:"200" doc:"of each list"`
}

type expertsOut struct {
	Stamp
	Body v1.PoolSearch
}

// experts is GET /v1/experts: who of a pool may be chosen.
func (a *API) experts(ctx context.Context, c *auth.Caller, in *expertsIn) (*expertsOut, error) {
	if err := mayReadRecords(c); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	view, books, err := a.look(ctx, in.fresh())
	if err != nil {
		return nil, err
	}
	defer view.Close()
	found, err := a.roster.Search(books, roster.Query{
		Pool: in.Pool, Viewer: c.Region, Skill: in.Field, Region: in.Region, From: in.From, To: in.To,
		Party: in.Party, Group: in.Group, Host: in.Host, Round: in.Round, Today: a.cfg.Clock().In(calendar.Zone).Format(time.DateOnly),
	})
	if errors.Is(err, roster.ErrNoPool) {
		return nil, problem.Invalid(problem.At("query.pool", problem.UnknownProcedure))
	}
	if err != nil {
		return nil, err
	}
	d := found.Law.Document
	if in.Field != "" && !slices.ContainsFunc(d.Skills(), func(v procedure.Value) bool { return v.Name == in.Field }) {
		return nil, problem.Invalid(problem.At("query.field", problem.NotOneOf))
	}
	out := &expertsOut{Stamp: stampOf(view)}
	out.Body = v1.PoolSearch{
		Pool: found.Law.Name, Title: v1.Label(d.Pool.Title), Year: found.Year, Free: len(found.Free), Out: len(found.Excluded),
		Items: membersOf(d, found.Free, in.Limit),
	}
	if in.Excluded {
		out.Body.Excluded = membersOf(d, found.Excluded, in.Limit)
	}
	return out, nil
}

// check holds the parameters together that the framework judges one by one.
func (in *expertsIn) check() error {
	var wrong []problem.Field
	for _, p := range []struct{ name, code string }{{"without_conflict_with", in.Party}, {"group", in.Group}} {
		if p.code != "" && !procedure.IsUSCC(p.code) {
			wrong = append(wrong, problem.At("query."+p.name, problem.BadFormat))
		}
	}
	if in.To != "" && (in.From == "" || in.To < in.From) {
		wrong = append(wrong, problem.At("query.to", problem.OutOfRange))
	}
	if wrong != nil {
		return problem.Invalid(wrong...)
	}
	return nil
}

func membersOf(d *procedure.Document, list []roster.Member, limit int) []v1.PoolMember {
	out := []v1.PoolMember{}
	for i := range list[:min(len(list), limit)] {
		m := &list[i]
		one := v1.PoolMember{
			Record: m.Record, Region: m.Region, Org: m.Org, State: m.State, From: m.From, To: m.To, Fields: m.Fields,
			Load: v1.PoolLoad(m.Load), Skills: []v1.Named{}, Visits: []v1.PoolVisit{}, Reasons: []v1.PoolReason{},
		}
		for _, s := range m.Skills {
			one.Skills = append(one.Skills, named(d.Skills(), s))
		}
		for _, v := range m.Visits {
			one.Visits = append(one.Visits, v1.PoolVisit(v))
		}
		for _, h := range m.Hits {
			one.Reasons = append(one.Reasons, reasonOf(named(d.Pool.Reasons, h.Reason), h, true))
		}
		for _, h := range m.Missing {
			one.Reasons = append(one.Reasons, reasonOf(named(unavailable, h.Reason), h, false))
		}
		out = append(out, one)
	}
	return out
}

// unavailable are the words for what keeps anybody from serving.
var unavailable = []procedure.Value{
	{Name: roster.NotInPool, Label: procedure.Label{ZH: "不在库（未入库、暂停、届满或者出库）", EN: "Not in the pool (not admitted, suspended, expired or removed)"}},
	{Name: roster.OffTerm, Label: procedure.Label{ZH: "所需日期不在聘期内", EN: "The days lie outside the term"}},
	{Name: roster.Busy, Label: procedure.Label{ZH: "所需日期已有任务", EN: "Serves elsewhere on these days"}},
}

func named(values []procedure.Value, code string) v1.Named {
	for _, v := range values {
		if v.Name == code {
			return v1.Named{Code: code, ZH: v.ZH, EN: v.EN}
		}
	}
	return v1.Named{Code: code, ZH: code, EN: code}
}

func reasonOf(n v1.Named, h roster.Hit, recusal bool) v1.PoolReason {
	return v1.PoolReason{Code: n.Code, Recusal: recusal, ZH: n.ZH, EN: n.EN, Unit: h.Unit, Until: h.Until, Record: h.Record}
}
