package public

import (
	"context"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"sandi.internal/gateway/api/audit"
	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/paper"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
)

// VerifyPath is where the console serves the page that verifies printed codes, also
// without any node.
const VerifyPath = "/console/verify.html"

// verifierOf is the address that codes lead to: of this node, or, when it was added after
// genesis, of its region's first.
func verifierOf(cfg Config) string {
	if self, _ := cfg.Genesis.Node(cfg.Node); self != nil {
		return self.Public + VerifyPath
	}
	if region := cfg.Genesis.Region(cfg.Region); region != nil && len(region.Nodes) > 0 {
		return region.Nodes[0].Public + VerifyPath
	}
	return VerifyPath
}

// maxCodes of a document: two rows of three.
const maxCodes = 6

func (a *API) paperRoutes() {
	get(a, huma.Operation{
		OperationID: "list-papers", Path: "/v1/records/{id}/papers", Tags: []string{"records"}, Summary: "The documents that a record has to print by now",
	}, a.papers)
	get(a, huma.Operation{
		OperationID: "get-paper", Path: "/v1/records/{id}/papers/{document}", Tags: []string{"records"}, Summary: "A document filled from a record, to be printed",
		Description: "By the bureau's own templates, or those that come with the node. What the record does not have is a blank; what only a bureau's vault has is a blank too and says so. The codes are QR codes that prove the statements behind the document without any node; they are absent while no published checkpoint covers the statements: ask again after some seconds.",
	}, a.paperByName)
}

type papersOut struct {
	Stamp
	Body v1.Papers
}

// papers is GET /v1/records/{id}/papers.
func (a *API) papers(ctx context.Context, c *auth.Caller, in *oneRecordIn) (*papersOut, error) {
	out := &papersOut{Body: v1.Papers{Items: []v1.PaperName{}}}
	err := a.oneRecord(ctx, c, in, func(books *ledger.Books, rec *procedure.Record, s Stamp) error {
		out.Stamp = s
		for _, t := range a.papersOf(rec) {
			p, err := paper.Fill(t, a.paperSource(books, c, rec))
			if err != nil {
				return err
			}
			name := v1.PaperName{Document: t.Name, Title: t.Title}
			if len(p.Number) == 1 {
				name.Number = p.Number[0].Text
			}
			out.Body.Items = append(out.Body.Items, name)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// papersOf are the documents that a record has by now.
func (a *API) papersOf(rec *procedure.Record) []*paper.Template {
	return a.cfg.Papers.Of(rec.Procedure, func(event string) bool {
		return slices.ContainsFunc(rec.Acts, func(n procedure.ActNote) bool { return n.Event == event && !n.Part })
	})
}

// paperSource is what a record's documents are filled from.
func (a *API) paperSource(books *ledger.Books, c *auth.Caller, rec *procedure.Record) paper.Source {
	return paper.Source{
		Record: rec, Law: lawOf(books, rec).Document,
		Name: func(code string) string {
			if org := books.Org(code); org != nil {
				return org.NameZH
			}
			if region := a.cfg.Genesis.Region(code); region != nil {
				return region.NameZH
			}
			return code
		},
		Linked: func(id string) (*procedure.Record, *procedure.Document, error) {
			linked, err := visible(books, id, c)
			if err != nil || linked == nil {
				return nil, nil, err
			}
			return linked, lawOf(books, linked).Document, nil
		},
	}
}

type paperIn struct {
	Reading
	ID       string `path:"id" maxLength:"64" example:"CT-120000-2025-000018"`
	Document string `path:"document" maxLength:"64" example:"case_transfer_letter"`
}

type paperOut struct {
	Stamp
	Body v1.Paper
}

// paperByName is GET /v1/records/{id}/papers/{document}.
func (a *API) paperByName(ctx context.Context, c *auth.Caller, in *paperIn) (*paperOut, error) {
	shown, err := a.cfg.Log.Shown() // before the view: its books then hold these trees
	if err != nil {
		return nil, err
	}
	out := &paperOut{}
	err = a.oneRecord(ctx, c, &oneRecordIn{in.Reading, in.ID}, func(books *ledger.Books, rec *procedure.Record, s Stamp) error {
		out.Stamp = s
		list := a.papersOf(rec)
		i := slices.IndexFunc(list, func(t *paper.Template) bool { return t.Name == in.Document })
		if i < 0 {
			return problem.New(problem.NotFound)
		}
		p, err := paper.Fill(list[i], a.paperSource(books, c, rec))
		if err != nil {
			return err
		}
		out.Body = *p
		return a.addCodes(&out.Body, shown, books, rec, list[i])
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// addCodes proves the statements behind a document: the last of each party for each of the
// template's events. All or none: a document with some of its codes would pass for whole.
func (a *API) addCodes(p *v1.Paper, shown audit.Shown, books *ledger.Books, rec *procedure.Record, t *paper.Template) error {
	statements, err := books.History(rec.ID, 0, len(rec.Acts))
	if err != nil {
		return err
	}
	ids := make(map[uint64]*ledger.Committal, len(statements))
	for _, st := range statements {
		ids[st.Index] = st
	}
	law := lawOf(books, rec).Document
	for _, n := range proving(rec, t) {
		st := ids[n.Seq]
		if st == nil {
			continue
		}
		leaf, entry, err := books.Entry(n.Region, st.Statement.ID)
		if err != nil {
			return err
		}
		if entry == nil || !shown.Covers(leaf.Seq, false) {
			p.Codes, p.Page, p.Pending = nil, nil, true
			return nil
		}
		proof, err := shown.Prove(books, leaf, entry, false)
		if err != nil {
			return err
		}
		code, foot, err := paper.Codes(proof.Receipt(), rec.ID, a.verifier)
		if err != nil {
			return err
		}
		code.Event = n.Event
		if e := law.Event(n.Event, ""); e != nil {
			code.Title = e.Title.ZH
		}
		p.Codes, p.Page = append(p.Codes, code), &foot
	}
	return nil
}

// proving are the acts that a document proves, in the order of the ledger: of each event
// the last act of each region.
func proving(rec *procedure.Record, t *paper.Template) []*procedure.ActNote {
	var list []*procedure.ActNote
	for i := len(rec.Acts) - 1; i >= 0; i-- {
		n := &rec.Acts[i]
		known := slices.ContainsFunc(list, func(have *procedure.ActNote) bool { return have.Event == n.Event && have.Region == n.Region })
		if n.Region != "" && !known && slices.Contains(t.Proves, n.Event) && len(list) < maxCodes {
			list = append(list, n)
		}
	}
	slices.Reverse(list)
	return list
}
