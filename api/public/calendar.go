package public

import (
	"context"
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/consensus/calendar"
)

type calendarIn struct {
	Year int `query:"year" minimum:"1992" maximum:"2199" doc:"one year; without it, all that the table covers"`
}

type calendarOut struct {
	stamp
	Body Calendar
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

// calendar is GET /v1/calendar.
func (a *API) calendar(ctx context.Context, c *auth.Caller, in *calendarIn) (*calendarOut, error) {
	view, books, err := a.lookLocal(ctx, c)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	cal := books.Calendar()
	first, last := cal.Covers()
	out := &calendarOut{stamp: stampOf(view), Body: Calendar{
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
