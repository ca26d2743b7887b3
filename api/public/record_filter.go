package public

import (
	"slices"
	"strings"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/consensus/ledger"
)

// known refuses a filter that names what the network does not have: an empty list would
// read as if there were no such records. What it has stands in the message.
func (in *recordsIn) known(books *ledger.Books) error {
	var regions, procedures, states []string
	for _, r := range books.Regions() {
		regions = append(regions, r.Code)
	}
	for _, law := range books.Laws() { // every version: records keep theirs
		procedures = append(procedures, law.Name)
		if in.Procedure != "" && in.Procedure != law.Name {
			continue
		}
		for _, s := range law.Document.States {
			states = append(states, s.Name)
		}
	}
	var wrong []problem.Field
	among := func(name, given string, there []string) {
		if given == "" || slices.Contains(there, given) {
			return
		}
		f := problem.At("query."+name, problem.NotOneOf)
		slices.Sort(there)
		list := strings.Join(slices.Compact(there), ", ")
		f.ZH, f.EN = "本网络没有这一项；有: "+list, "the network has no such one; it has "+list
		wrong = append(wrong, f)
	}
	among("region", in.Region, regions)
	among("counterpart", in.Counterpart, regions)
	among("owes", in.Owes, regions)
	among("procedure", in.Procedure, procedures)
	if wrong == nil { // else its states are no better known
		among("state", in.State, states)
	}
	if wrong == nil {
		return nil
	}
	return problem.Invalid(wrong...)
}
