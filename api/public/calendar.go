package public

import (
	"context"
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/calendar"
)

type calendarIn struct {
	Params
	Year int `query:"year" minimum:"1992" maximum:"2199" doc:"one year; without it, all that the table covers"`
}

type calendarOut struct {
	Stamp
	Body v1.Calendar
}

// calendar is GET /v1/calendar.
func (a *API) calendar(ctx context.Context, c *auth.Caller, in *calendarIn) (*calendarOut, error) {
	view, books, err := a.lookLocal(ctx, c)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	cal := books.Calendar()
	first, last := cal.Covers()
	out := &calendarOut{Stamp: stampOf(view), Body: v1.Calendar{
		Version: cal.Version, Source: cal.Source, From: first.String(), To: last.String(), Off: []string{}, Work: []string{},
	}}
	if in.Year != 0 {
		from := calendar.DayOf(time.Date(in.Year, 1, 1, 0, 0, 0, 0, calendar.Zone).Unix())
		to := calendar.DayOf(time.Date(in.Year, 12, 31, 0, 0, 0, 0, calendar.Zone).Unix())
		if from < first || to > last {
			return nil, problem.New(problem.NotFound)
		}
		first, last = from, to
	}
	for d := first; d <= last; d++ {
		works, _ := cal.Workday(d)
		weekend := d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
		switch {
		case works && weekend:
			out.Body.Work = append(out.Body.Work, d.String())
		case !works && !weekend:
			out.Body.Off = append(out.Body.Off, d.String())
		}
	}
	return out, nil
}
