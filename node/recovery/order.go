package recovery

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

// Order is a recovery that enough regions have signed.
type Order struct {
	statement.RecoveryBody
	Regions    []string // that signed it, ascending
	Statements [][]byte // theirs, in that order
}

const (
	// MaxOrder bounds a file of an order: a line for each region.
	MaxOrder = 16 * (statement.MaxBytes + 2)
	maxLines = 64
)

// ErrOrder is wrapped by every refusal of an order.
var ErrOrder = errors.New("the recovery order does not hold")

func badOrder(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrOrder, fmt.Errorf(format, args...))
}

// ParseOrder reads an order: a signed statement a line, as `sandi gov recovery` writes
// them, of different regions, that all say the same. machine has this node's ledger
// loaded: the keys are those of now.
func ParseOrder(machine *ledger.Ledger, text []byte) (*Order, error) {
	o := &Order{}
	lines := 0
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) == 0 || line[0] == '#' {
			continue
		}
		if lines++; lines > maxLines {
			return nil, badOrder("more than %d lines", maxLines)
		}
		st, err := statement.Parse(line)
		if err != nil {
			return nil, badOrder("line %d is no signed statement: %w", lines, err)
		}
		body, refusal := machine.JudgeRecovery(st)
		switch {
		case refusal != nil:
			return nil, badOrder("line %d, of region %s: %w", lines, st.Region, refusal)
		case slices.Contains(o.Regions, st.Region):
			return nil, badOrder("region %s has signed twice; one line each", st.Region)
		case len(o.Regions) > 0 && !o.Same(body):
			return nil, badOrder("region %s has signed something else than %s; all have to name the same size, root and survivors", st.Region, o.Regions[0])
		case len(o.Regions) == 0:
			o.RecoveryBody = body
		}
		o.Regions, o.Statements = append(o.Regions, st.Region), append(o.Statements, bytes.Clone(line))
	}
	if len(o.Regions) < statement.RecoveryRegions {
		return nil, badOrder("%d regions have signed it, %d have to", len(o.Regions), statement.RecoveryRegions)
	}
	o.sort()
	return o, nil
}

// sort puts the regions in order, so that the ledger begins alike whoever leads.
func (o *Order) sort() {
	at := make([]int, len(o.Regions))
	for i := range at {
		at[i] = i
	}
	slices.SortFunc(at, func(a, b int) int { return cmp.Compare(o.Regions[a], o.Regions[b]) })
	sorted := Order{RecoveryBody: o.RecoveryBody}
	for _, i := range at {
		sorted.Regions, sorted.Statements = append(sorted.Regions, o.Regions[i]), append(sorted.Statements, o.Statements[i])
	}
	*o = sorted
}
