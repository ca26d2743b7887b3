package audit

import (
	"context"
	"time"

	"sandi.internal/gateway/api/problem"
)

// turns bounds how much is worked on at a time. Others wait: clients that read a
// log take a refusal for its end.
type turns chan struct{}

func newTurns(most int) turns { return make(turns, most) }

// take waits for a turn and says how to end it.
func (t turns) take(ctx context.Context) (end func(), err error) {
	select {
	case t <- struct{}{}:
		return t.end, nil
	default:
	}
	patience := time.NewTimer(turnPatience)
	defer patience.Stop()
	select {
	case t <- struct{}{}:
		return t.end, nil
	case <-patience.C:
	case <-ctx.Done():
	}
	return nil, problem.New(problem.TooMany).Retry(time.Second)
}

func (t turns) end() { <-t }
