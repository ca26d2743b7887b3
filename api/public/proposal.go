package public

import (
	"context"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

type proposalsOut struct {
	Stamp
	Body v1.Proposals
}

// proposals is GET /v1/proposals: what regions have proposed as law, the earliest
// first.
func (a *API) proposals(ctx context.Context, c *auth.Caller, _ *noInput) (*proposalsOut, error) {
	view, books, err := a.lookLocal(ctx, c)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	list, err := books.Proposals()
	if err != nil {
		return nil, err
	}
	out := &proposalsOut{Stamp: stampOf(view), Body: v1.Proposals{Items: []v1.Proposal{}}}
	for _, p := range list {
		out.Body.Items = append(out.Body.Items, proposalOf(p))
	}
	return out, nil
}

type proposalIn struct {
	Params
	Region string `path:"region" pattern:"^[0-9]{6}$" example:"120000"`
	ID     string `path:"id" maxLength:"26" doc:"of the statement that proposed it"`
}

type proposalOut struct {
	Stamp
	Body v1.ProposalText
}

// proposalByID is GET /v1/proposals/{region}/{id}: with the text to vote on.
func (a *API) proposalByID(ctx context.Context, c *auth.Caller, in *proposalIn) (*proposalOut, error) {
	view, books, err := a.lookLocal(ctx, c)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	p, text, err := books.Proposal(in.Region, in.ID)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, problem.New(problem.NotFound)
	}
	inForce, err := a.inForce(books, p)
	return &proposalOut{Stamp: stampOf(view), Body: v1.ProposalText{Proposal: proposalOf(p), Text: string(text), InForce: inForce}}, err
}

// inForce is the text that a proposal would take the place of. Rules and calendar have
// no texts of their own in the books: the last that was adopted, or genesis.
func (a *API) inForce(books *ledger.Books, p *ledger.Proposal) (string, error) {
	if p.Form == statement.LawProcedure {
		law := books.Law(p.Name, 0)
		if law == nil {
			return "", nil
		}
		return law.Text, nil
	}
	list, err := books.Proposals()
	if err != nil {
		return "", err
	}
	var last *ledger.Proposal
	for _, one := range list {
		if one.Form == p.Form && one.Adopted != 0 && (last == nil || one.Adopted > last.Adopted) {
			last = one
		}
	}
	switch {
	case last != nil:
		_, text, err := books.Proposal(last.Region, last.ID)
		return string(text), err
	case p.Form == statement.LawRules:
		return a.cfg.Genesis.Rules, nil
	}
	return a.cfg.Genesis.Calendar, nil
}

func proposalOf(p *ledger.Proposal) v1.Proposal {
	out := v1.Proposal{
		Region: p.Region, ID: p.ID, Form: p.Form, Name: p.Name, Version: p.Version, From: statement.FormatAt(p.From),
		Index: p.Leaf, Approved: p.Approved, Rejected: p.Rejected, State: "open",
	}
	switch {
	case p.Rejected != "":
		out.State = "rejected"
	case p.Adopted != 0:
		index := p.Adopted - 1
		out.State, out.AdoptedAt = "adopted", &index
	}
	return out
}
