package home

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/storage/commitment"
)

// Vault is where values lie.
type Vault interface {
	// Fields gives what Keep took, with the salt that opens its commitment;
	// ErrAway when this vault holds no such object.
	Fields(ctx context.Context, commitment string) (content, salt []byte, err error)
}

// Peers asks other nodes.
type Peers interface {
	// Ask asks a node for the home values of a record. ErrNotReleased is its own
	// answer; any other error means that there was none.
	Ask(ctx context.Context, node string, q Question) ([]Object, error)
}

var (
	// ErrAway says that a value lies in another vault, or was purged.
	ErrAway = errors.New("the value is not kept here")
	// ErrNotReleased says that no law releases the values to the asker.
	ErrNotReleased = errors.New("the values are not released to this asker")
	// ErrSilent says that no node of the region at home answers.
	ErrSilent = errors.New("no node at home answers")
)

// Config is what the package works with.
type Config struct {
	Region string
	Nodes  func(region string) []string // ids of a region's nodes
	Vault  Vault
	Peers  Peers
	Access access.Log // who looked, written before a value is given
}

// Home is safe for concurrent use.
type Home struct{ cfg Config }

// New makes it.
func New(cfg Config) *Home { return &Home{cfg: cfg} }

// Person is who reads.
type Person struct {
	Region string
	Person string // pseudonym
	Org    string
	Role   string // office role
}

// Value is a field that is not clear.
type Value struct {
	Field      string
	Label      procedure.Label
	See        procedure.See
	Commitment string
	Value      json.RawMessage // nil: not kept here
}

// Object is what opens one commitment: the values of the fields that one act
// stated, or of one field.
type Object struct {
	Commitment string `json:"commitment"`
	Salt       []byte `json:"salt"`
	Content    []byte `json:"content"`
}

// Own reads the values that this node's vault holds of a record. The caller has
// checked that the person may see the record.
func (h *Home) Own(ctx context.Context, law *ledger.Law, rec *procedure.Record, who Person) ([]Value, error) {
	e := look(access.Read, rec.ID, "", who)
	if who.Region != h.cfg.Region || !law.Document.MayRead(who.Role) {
		return nil, h.refuse(ctx, e)
	}
	opened := func(id string) ([]byte, error) {
		content, _, err := h.cfg.Vault.Fields(ctx, id)
		if errors.Is(err, ErrAway) {
			return nil, nil
		}
		return content, err
	}
	list, err := values(law.Document, rec, true, opened)
	if err != nil {
		return nil, h.fail(ctx, e, "unreadable", err)
	}
	return h.give(ctx, e, list)
}

// give notes which values there are, and gives them.
func (h *Home) give(ctx context.Context, e access.Entry, list []Value) ([]Value, error) {
	for _, v := range list {
		if v.Value != nil {
			e.What = append(e.What, v.Field)
		}
	}
	if err := h.cfg.Access.Record(ctx, e); err != nil {
		return nil, err
	}
	return list, nil
}

// refuse notes a refusal; who asked is told of it only then.
func (h *Home) refuse(ctx context.Context, e access.Entry) error {
	e.Action, e.Reason = access.Denied, refusedReason
	if err := h.cfg.Access.Record(ctx, e); err != nil {
		return err
	}
	return ErrNotReleased
}

// fail notes that somebody who may read was given nothing, and why.
func (h *Home) fail(ctx context.Context, e access.Entry, reason string, why error) error {
	e.Action, e.Reason = access.Failed, reason
	return errors.Join(why, h.cfg.Access.Record(context.WithoutCancel(ctx), e))
}

// refusedReason is the code of the door's answer to ErrNotReleased.
const refusedReason = "not_released"

func look(action access.Action, record, because string, who Person) access.Entry {
	return access.Entry{Action: action, Record: record, Because: because, Region: who.Region, Person: who.Person, Org: who.Org, Role: who.Role}
}

// values are the fields that are not clear, in the order of the document. open gives
// what a commitment stands for, nil when it is not to be had.
func values(d *procedure.Document, rec *procedure.Record, commits bool, open func(string) ([]byte, error)) ([]Value, error) {
	list := []Value{}
	objects := map[string]map[string]json.RawMessage{} // of home fields, by commitment
	for i := range d.Fields {
		f := &d.Fields[i]
		v := Value{Field: f.Name, Label: f.Label, See: f.See}
		if v.Commitment = rec.Home[f.Name]; v.Commitment == "" && commits {
			v.Commitment = rec.Commits[f.Name]
		}
		if f.See == procedure.SeeClear || v.Commitment == "" {
			continue
		}
		members, known := objects[v.Commitment]
		if !known {
			content, err := open(v.Commitment)
			if err != nil {
				return nil, fmt.Errorf("couldn't read %s of %s: %w", f.Name, rec.ID, err)
			}
			if f.See == procedure.SeeCommit {
				v.Value = content
				list = append(list, v)
				continue
			}
			if content != nil {
				if err := json.Unmarshal(content, &members); err != nil {
					return nil, fmt.Errorf("couldn't read %s of %s: the vault holds no fields under its commitment", f.Name, rec.ID)
				}
			}
			objects[v.Commitment] = members
		}
		v.Value = members[f.Name]
		list = append(list, v)
	}
	return list, nil
}

// Question is what one node asks another.
type Question struct {
	Record  string `json:"record"`
	Because string `json:"because"` // the record that selected it
	Person  string `json:"person"`  // pseudonym that the asking region gave
	Org     string `json:"org"`
	Role    string `json:"role"`
}

// Release answers a question of another region, whose node has proven who it is.
// The error wraps ErrNotReleased when the law, applied to this node's own ledger,
// does not allow it.
func (h *Home) Release(ctx context.Context, books *ledger.Books, region string, q Question) ([]Object, error) {
	e := look(access.Export, q.Record, q.Because, Person{Region: region, Person: q.Person, Org: q.Org, Role: q.Role})
	e.To = region
	rec, err := h.released(books, region, q)
	if err != nil {
		return nil, err
	}
	if rec == nil {
		return nil, h.refuse(ctx, e)
	}
	var list []Object
	seen := map[string]bool{}
	for _, field := range slices.Sorted(maps.Keys(rec.Home)) {
		id := rec.Home[field]
		e.What = append(e.What, field)
		if seen[id] {
			continue
		}
		seen[id] = true
		content, salt, err := h.cfg.Vault.Fields(ctx, id)
		if errors.Is(err, ErrAway) {
			continue
		}
		if err != nil {
			return nil, h.fail(ctx, e, "unreadable", fmt.Errorf("couldn't read the values of %s: %w", q.Record, err))
		}
		list = append(list, Object{Commitment: id, Salt: salt, Content: content})
	}
	if err := h.cfg.Access.Record(ctx, e); err != nil {
		return nil, err
	}
	return list, nil
}

// released reads the record if it may be released; nil when not.
func (h *Home) released(books *ledger.Books, region string, q Question) (*procedure.Record, error) {
	rec, err := books.Record(q.Record)
	if err != nil || rec == nil || rec.Owner != h.cfg.Region {
		return nil, err
	}
	because, err := books.Record(q.Because)
	if err != nil || because == nil {
		return nil, err
	}
	law := books.Law(rec.Procedure, rec.Version)
	if law == nil || procedure.RegionOf(q.Org) != region || law.Document.ReleaseOf(rec.ID, because, region, q.Role) == nil {
		return nil, nil
	}
	return rec, nil
}

// Fetch asks the region at home for the home values of a record, for a person of
// this region. The caller has checked that the person may see both records.
func (h *Home) Fetch(ctx context.Context, law *ledger.Law, rec *procedure.Record, because string, who Person) ([]Value, error) {
	e := look(access.Asked, rec.ID, because, who)
	q := Question{Record: rec.ID, Because: because, Person: who.Person, Org: who.Org, Role: who.Role}
	objects, err := h.ask(ctx, rec.Owner, q)
	if errors.Is(err, ErrNotReleased) {
		return nil, h.refuse(ctx, e)
	}
	if err != nil {
		return nil, h.fail(ctx, e, "peer_silent", err)
	}
	opened := func(id string) ([]byte, error) {
		i := slices.IndexFunc(objects, func(o Object) bool { return o.Commitment == id })
		if i < 0 {
			return nil, nil
		}
		if err := commitment.Verify(id, objects[i].Salt, objects[i].Content); err != nil {
			return nil, fmt.Errorf("region %s gave other values than it committed to: %w", rec.Owner, err)
		}
		return objects[i].Content, nil
	}
	list, err := values(law.Document, rec, false, opened)
	if err != nil {
		return nil, h.fail(ctx, e, "not_as_committed", err)
	}
	return h.give(ctx, e, list)
}

// ask asks the nodes of a region, one after the other, until one answers.
func (h *Home) ask(ctx context.Context, region string, q Question) ([]Object, error) {
	var silent error
	for _, node := range h.cfg.Nodes(region) {
		objects, err := h.cfg.Peers.Ask(ctx, node, q)
		if err == nil || errors.Is(err, ErrNotReleased) {
			return objects, err
		}
		silent = errors.Join(silent, err)
	}
	return nil, errors.Join(ErrSilent, silent)
}
