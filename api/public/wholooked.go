package public

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"sandi.internal/gateway/api/accesslog"
	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/serve"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

const (
	looksMost   = 200              // of one page
	maxBegin    = 1 << 10          // bytes of a request
	askPatience = 15 * time.Second // for another bureau's node
)

func (a *API) accessRoutes() {
	get(a, huma.Operation{
		OperationID: "list-access-log", Path: "/v1/access-log", Tags: []string{"access log"}, Summary: "Who looked at private data on this node, the latest first",
		Description: "For the bureau's own auditors. Each entry comes with its slip, the leaf of the log's tree, and the proof that it stands under the head. Only a run of the whole log (/v1/access-log/rows) shows that none is missing.",
	}, a.accessLog)
	get(a, huma.Operation{
		OperationID: "list-access-heads", Path: "/v1/access-log/heads", Tags: []string{"access log"}, Summary: "The heads of all nodes' access logs that stand on the ledger",
	}, a.accessHeads)
	get(a, huma.Operation{
		OperationID: "get-access-rows", Path: "/v1/access-log/rows", Tags: []string{"access log"}, Summary: "A run of a node's access log, to build its tree anew from",
		Description: "All slips without a gap, and the entries about the record. Of another bureau's node, which this node asks: only about a record that the caller's region is a party to. The tags in the slips show that no entry about it is held back; whoever builds the tree to the length of a head on the ledger and gets its root has seen everything up to there.",
	}, a.accessRows)
	a.plain(huma.Operation{
		OperationID: "anchor-access-log", Method: http.MethodPost, Path: "/v1/access-log/heads", Tags: []string{"access log"},
		Summary:     "Bring the head of this node's access log onto the ledger now",
		Description: "For the bureau's auditors and the node's operator. The node does it by itself at least hourly when the log has grown; when it has not grown, nothing is written.",
		Responses:   map[string]*huma.Response{"200": a.jsonAnswer("what stands on the ledger", v1.AccessAnchored{}, "AccessAnchored", nil)}, Errors: writeErrors,
	}, a.guarded(a.anchorAccess))
	a.plain(huma.Operation{
		OperationID: "begin-access-log", Method: http.MethodPost, Path: "/v1/access-log/logs", Tags: []string{"access log"},
		Summary:     "Answer for an access log that takes no entries any more, and begin another",
		Description: "For the node's operator, when the log is damaged, lost, or was restored from a backup, and nobody is given private data therefore. The old rows stay. Who answered stands in the first entry of the new log, the reason on the ledger.",
		RequestBody: a.jsonBody(v1.AccessBegin{}, "AccessBegin"),
		Responses:   map[string]*huma.Response{"201": a.jsonAnswer("it has begun", v1.AccessAnchored{}, "AccessAnchored", nil)}, Errors: writeErrors,
	}, a.guarded(a.beginAccess))
}

// mayAudit: the bureau's own auditors.
func (a *API) mayAudit(c *auth.Caller) error {
	if err := c.MayRead(); err != nil {
		return err
	}
	if c.Region != a.cfg.Region || !c.HasRole(auth.RoleAuditor) {
		return problem.New(problem.Forbidden)
	}
	return nil
}

type accessLogIn struct {
	Params
	Record string `query:"record" maxLength:"27" doc:"only what is about this record, or about a file or value that it names"`
	Person string `query:"person" pattern:"^[A-Za-z0-9_-]{22}$" doc:"only looks of this pseudonym"`
	Action string `query:"action" enum:"read,export,query,asked,denied,failed,noted,begun" doc:"only looks of this kind"`
	From   string `query:"from" maxLength:"25" doc:"not before this instant" example:"2025-11-01T00:00:00+08:00"`
	To     string `query:"to" maxLength:"25" doc:"before this instant"`
	Cursor string `query:"cursor" maxLength:"64" doc:"next of the page before, with the same filters"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type accessLogOut struct {
	Stamp
	Body v1.AccessLog
}

// accessLog is GET /v1/access-log.
func (a *API) accessLog(ctx context.Context, c *auth.Caller, in *accessLogIn) (*accessLogOut, error) {
	if err := a.mayAudit(c); err != nil {
		return nil, err
	}
	view, books, err := a.lookLocal(ctx, c)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	head, err := a.cfg.Access.Head()
	if err != nil {
		return nil, err
	}
	f, err := in.filter(head)
	if err != nil {
		return nil, err
	}
	if in.Record != "" {
		if f.Subjects, err = accesslog.Subjects(books, c.Region, in.Record); err != nil {
			return nil, accessProblem(err)
		}
	}
	list, next, err := a.cfg.Access.List(ctx, f)
	if err != nil {
		return nil, err
	}
	out := &accessLogOut{Stamp: stampOf(view), Body: v1.AccessLog{Node: a.cfg.Node, Items: make([]v1.AccessLook, 0, len(list))}}
	if err := a.cfg.Access.Closed(); err != nil {
		out.Body.Closed = closedText(err)
	}
	if head, out.Body.Head, err = a.provenUnder(books, head, list); err != nil {
		return nil, err
	}
	note, err := a.cfg.Auditing.Sign(head)
	if err != nil {
		return nil, err
	}
	out.Body.Note = string(note)
	for _, found := range list {
		look, err := a.proven(head, found)
		if err != nil {
			return nil, err
		}
		out.Body.Items = append(out.Body.Items, look)
	}
	if next > 0 {
		out.Body.Next = cursorOf(f.Log, next)
	}
	return out, nil
}

// filter is what the parameters ask of a log.
func (in *accessLogIn) filter(head access.Head) (accesslog.Filter, error) {
	f := accesslog.Filter{Log: head.Log, Below: head.Size, Person: in.Person, Action: access.Action(in.Action), Limit: min(max(in.Limit, 1), looksMost)}
	var wrong []problem.Field
	for _, bound := range []struct {
		name, text string
		into       *int64
	}{{"from", in.From, &f.From}, {"to", in.To, &f.To}} {
		if bound.text == "" {
			continue
		}
		at, err := statement.ParseAt(bound.text)
		if err != nil {
			wrong = append(wrong, problem.At("query."+bound.name, problem.BadFormat))
		}
		*bound.into = at * 1000
	}
	if in.Cursor != "" {
		log, below, ok := parseCursor(in.Cursor)
		if !ok || log != head.Log || below == 0 || below > head.Size {
			wrong = append(wrong, problem.At("query.cursor", problem.BadCursor))
		}
		f.Below = below
	}
	if wrong != nil {
		return f, problem.Invalid(wrong...)
	}
	return f, nil
}

// cursorOf is where a page ends. Who makes one up sees nothing that the filters do not
// show.
func cursorOf(log, below uint64) string {
	return strings.Join([]string{strconv.FormatUint(log, 10), strconv.FormatUint(below, 10)}, ".")
}

func parseCursor(text string) (log, below uint64, ok bool) {
	first, second, found := strings.Cut(text, ".")
	log, err := strconv.ParseUint(first, 10, 62)
	below, err2 := strconv.ParseUint(second, 10, 62)
	return log, below, found && err == nil && err2 == nil && text == cursorOf(log, below)
}

// provenUnder picks the head that proofs are for: the newest on the ledger, unless an
// entry is newer.
func (a *API) provenUnder(books *ledger.Books, own access.Head, list []access.Found) (access.Head, v1.AccessHead, error) {
	last, err := books.AccessHead(a.cfg.Node)
	if err != nil {
		return own, v1.AccessHead{}, err
	}
	newest := uint64(0)
	if len(list) > 0 {
		newest = list[0].Index + 1
	}
	if last == nil || last.Log != own.Log || last.Size < newest || last.Size > own.Size {
		return own, v1.AccessHead{Log: own.Log, Size: own.Size, Root: own.Text()}, nil
	}
	then, err := a.cfg.Access.HeadAt(last.Log, last.Size)
	return then, accessHeadOf(last), err
}

func accessHeadOf(h *ledger.AccessHead) v1.AccessHead {
	return v1.AccessHead{Log: h.Log, Size: h.Size, Root: h.Root, Reason: h.Reason, Index: &h.Leaf}
}

// proven is an entry with the proof that it stands under a head.
func (a *API) proven(head access.Head, f access.Found) (v1.AccessLook, error) {
	raw, err := f.Entry.Bytes()
	if err != nil {
		return v1.AccessLook{}, err
	}
	path, err := a.cfg.Access.Inclusion(head.Log, f.Index, head.Size)
	if err != nil {
		return v1.AccessLook{}, err
	}
	look := v1.AccessLook{Index: f.Index, Slip: access.Slip(f.Entry, raw), Entry: string(raw), Proof: make([]string, 0, len(path))}
	for _, h := range path {
		look.Proof = append(look.Proof, strict.B64(h[:]))
	}
	return look, nil
}

// closedText is why a log is closed, without what only the operator's log may say.
func closedText(err error) string {
	if errors.Is(err, accesslog.ErrDamaged) {
		return accesslog.ErrDamaged.Error()
	}
	return access.ErrClosed.Error()
}

type accessHeadsOut struct {
	Stamp
	Body v1.AccessHeads
}

// accessHeads is GET /v1/access-log/heads: what stands on the ledger, for any auditor
// and whoever runs the node.
func (a *API) accessHeads(ctx context.Context, c *auth.Caller, in *readingIn) (*accessHeadsOut, error) {
	if err := c.MayRead(); err != nil {
		return nil, err
	}
	view, books, err := a.look(ctx, in.fresh())
	if err != nil {
		return nil, err
	}
	defer view.Close()
	nodes, err := books.Nodes()
	if err != nil {
		return nil, err
	}
	out := &accessHeadsOut{Stamp: stampOf(view), Body: v1.AccessHeads{Items: make([]v1.AccessNode, 0, len(nodes))}}
	for _, n := range nodes {
		one := v1.AccessNode{Region: n.Region, Node: n.ID, Removed: !n.Standing(), Heads: []v1.AccessHead{}}
		heads, err := books.AccessHeads(n.ID)
		if err != nil {
			return nil, err
		}
		for _, h := range heads {
			one.Heads = append(one.Heads, accessHeadOf(h))
		}
		out.Body.Items = append(out.Body.Items, one)
	}
	return out, nil
}

type readingIn struct{ Reading }

type accessRowsIn struct {
	Params
	Node   string `query:"node" maxLength:"64" doc:"whose log; empty: this node's"`
	Log    uint64 `query:"log" doc:"number; 0: the one that is written now"`
	From   uint64 `query:"from" doc:"first index"`
	Size   uint64 `query:"size" doc:"of the log that the run is of: the size that the first run named; 0: as it is now"`
	Record string `query:"record" maxLength:"27" doc:"entries about it are shown; empty: all, of this node's own log only"`
}

type accessRowsOut struct{ Body v1.AccessRows }

// accessRows is GET /v1/access-log/rows.
func (a *API) accessRows(ctx context.Context, c *auth.Caller, in *accessRowsIn) (*accessRowsOut, error) {
	if err := a.mayAudit(c); err != nil {
		return nil, err
	}
	q := accesslog.Question{Log: in.Log, From: in.From, Size: in.Size, Record: in.Record}
	if in.Node != "" && in.Node != a.cfg.Node {
		ctx, cancel := context.WithTimeout(ctx, askPatience)
		defer cancel()
		rows, err := a.askRows(ctx, in.Node, q)
		return &accessRowsOut{rows}, err
	}
	view, books, err := a.lookLocal(ctx, c)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	rows, err := a.cfg.Access.Show(ctx, books, c.Region, q, a.cfg.Auditing.Sign)
	if err != nil {
		return nil, accessProblem(err)
	}
	return &accessRowsOut{rows}, nil
}

// askRows asks another node, which must be one of the network.
func (a *API) askRows(ctx context.Context, node string, q accesslog.Question) (v1.AccessRows, error) {
	network, err := a.network()
	if err != nil {
		return v1.AccessRows{}, err
	}
	for _, n := range network.Nodes {
		if n.ID != node || n.Removed != nil {
			continue
		}
		rows, err := a.cfg.Auditing.Ask(ctx, node, q)
		if err != nil {
			return rows, accessProblem(err)
		}
		return rows, nil
	}
	return v1.AccessRows{}, problem.Invalid(problem.At("query.node", problem.NotFound))
}

// accessProblem turns the log's refusals into problems.
func accessProblem(err error) error {
	switch {
	case errors.Is(err, accesslog.ErrNotParty):
		return problem.New(problem.NotFound)
	case errors.Is(err, accesslog.ErrRange):
		return problem.Invalid(problem.At("query.from", problem.OutOfRange))
	case errors.Is(err, accesslog.ErrSilent):
		return problem.New(problem.PeerSilent).Retry(retrySoon).Because(err)
	case errors.Is(err, accesslog.ErrOpen):
		return problem.New(problem.AccessOpen)
	case errors.Is(err, access.ErrClosed):
		return problem.New(problem.AccessUnlogged).Because(err)
	}
	return err
}

// anchorAccess is POST /v1/access-log/heads.
func (a *API) anchorAccess(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
	if _, err := serve.Body(w, r, maxBegin, mediaJSON); err != nil { // asked for nothing, but a form of another site can't send JSON
		return err
	}
	if a.mayAudit(c) != nil {
		if err := c.MayOperate(a.cfg.Region); err != nil {
			return err
		}
	}
	return a.anchored(w, r, http.StatusOK)
}

func (a *API) anchored(w http.ResponseWriter, r *http.Request, status int) error {
	head, err := a.cfg.Auditing.Anchor(r.Context())
	if err != nil {
		return problem.New(problem.Unavailable).Retry(retrySoon).Because(err)
	}
	var out v1.AccessAnchored
	if head != nil {
		one := accessHeadOf(head)
		out.Head = &one
	}
	return writeJSON(w, status, out)
}

// beginAccess is POST /v1/access-log/logs.
func (a *API) beginAccess(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
	var in v1.AccessBegin
	if err := readJSON(w, r, maxBegin, &in); err != nil {
		return err
	}
	if err := c.MayOperate(a.cfg.Region); err != nil {
		return err
	}
	if !statement.IsAccessReason(in.Reason) {
		return problem.Invalid(problem.At("body.reason", problem.NotOneOf))
	}
	view, books, err := a.look(r.Context(), desk.Fresh{}) // the number after the ledger's, not after an old copy's
	if err != nil {
		return err
	}
	last, err := books.AccessHead(a.cfg.Node)
	view.Close()
	if err != nil {
		return err
	}
	after := uint64(0)
	if last != nil {
		after = last.Log
	}
	err = a.cfg.Access.Begin(r.Context(), after, access.Entry{
		Region: c.Region, Person: a.cfg.Desk.Pseudonym(c.Issuer, c.Subject), Org: c.Org, Role: auth.RoleOperator, Reason: in.Reason,
	})
	if err != nil {
		return accessProblem(err)
	}
	return a.anchored(w, r, http.StatusCreated)
}

// accessStatus is how the log stands, for the node's status.
func (a *API) accessStatus(books *ledger.Books) (*v1.AccessStatus, error) {
	if a.cfg.Auditing == nil || a.cfg.Access == nil {
		return nil, nil
	}
	head, err := a.cfg.Access.Head()
	if err != nil {
		return nil, err
	}
	out := &v1.AccessStatus{Log: head.Log, Size: head.Size, Unanchored: int64(a.cfg.Auditing.Waited().Seconds())}
	if err := a.cfg.Access.Closed(); err != nil {
		out.Closed = closedText(err)
	}
	last, err := books.AccessHead(a.cfg.Node)
	if err == nil && last != nil && last.Log == head.Log {
		out.Anchored = last.Size
	}
	return out, err
}
