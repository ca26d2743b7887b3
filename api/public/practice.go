package public

import (
	"context"
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/statement"
)

// PracticeClock is the scenario clock of a practice network. On a real network
// there is none, and no route to one.
type PracticeClock interface {
	Now() time.Time
	// Set moves the clock; it never goes back. The error says that it would.
	Set(to time.Time) error
}

type practiceOut struct{ Body v1.PracticeTime }

type practiceIn struct {
	Params
	Body v1.PracticeTime
}

// practiceClock is GET /v1/practice/clock.
func (a *API) practiceClock(_ context.Context, c *auth.Caller, _ *noInput) (*practiceOut, error) {
	if err := c.MayRead(); err != nil {
		return nil, err
	}
	return &practiceOut{Body: v1.PracticeTime{Now: civil(a.cfg.Practice.Now().Unix())}}, nil
}

// setPracticeClock is PUT /v1/practice/clock: this node's scenario clock.
func (a *API) setPracticeClock(_ context.Context, c *auth.Caller, in *practiceIn) (*practiceOut, error) {
	if err := c.MayOperate(a.cfg.Region); err != nil {
		return nil, err
	}
	to, err := statement.ParseAt(in.Body.Now)
	if err != nil {
		return nil, problem.Invalid(problem.At("body.now", problem.BadFormat))
	}
	if err := a.cfg.Practice.Set(time.Unix(to, 0)); err != nil {
		return nil, problem.New(problem.ClockBack).Because(err)
	}
	return &practiceOut{Body: v1.PracticeTime{Now: civil(a.cfg.Practice.Now().Unix())}}, nil
}

type exercisesOut struct{ Body v1.Exercises }

// exercises is GET /v1/practice/exercises.
func (a *API) exercises(_ context.Context, c *auth.Caller, _ *noInput) (*exercisesOut, error) {
	if err := c.MayRead(); err != nil {
		return nil, err
	}
	return &exercisesOut{Body: v1.Exercises{Items: append([]v1.Exercise{}, a.cfg.Exercises...)}}, nil
}
