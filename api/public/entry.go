package public

import (
	"context"
	"encoding/hex"
	"regexp"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/ledger"
)

const (
	entriesMost  = 20              // of one answer
	findPatience = 5 * time.Second // that one question may spend on reading entries it has not read yet
)

func (a *API) entryRoutes() {
	get(a, huma.Operation{
		OperationID: "find-entries", Path: "/v1/entries", Tags: []string{"proof"}, Summary: "Find entries by a hash or by their place",
		Description: "hash: of the statement (the head of a record after its act) or of the leaf, as hex or base64url, whole or its beginning, from 8 hex digits on. " +
			"An auditor finds every entry, others those that /v1/events shows them. The first question after a start reads the whole ledger: as long as searched is below size, ask again.",
	}, a.findEntries)
}

type entriesIn struct {
	Reading
	Hash  string `query:"hash" maxLength:"64" doc:"at least 8 hex digits or 6 characters of base64url" example:"9f86d081884c7d65"`
	Index string `query:"index" maxLength:"19" doc:"place of the entry, instead of hash" example:"1042"`
}

type entriesOut struct {
	Stamp
	Body v1.Entries
}

// findEntries is GET /v1/entries.
func (a *API) findEntries(ctx context.Context, c *auth.Caller, in *entriesIn) (*entriesOut, error) {
	if err := mayReadRecords(c); err != nil {
		return nil, err
	}
	want, index, err := in.wanted()
	if err != nil {
		return nil, err
	}
	view, books, err := a.look(ctx, in.fresh())
	if err != nil {
		return nil, err
	}
	defer view.Close()
	out := &entriesOut{Stamp: stampOf(view), Body: v1.Entries{Items: []v1.EventData{}, Size: view.Size(), Searched: view.Size()}}
	places := []uint64{}
	if want == nil {
		if index < view.Size() {
			places = append(places, index)
		}
	} else {
		spend, cancel := context.WithTimeout(ctx, findPatience)
		defer cancel()
		if out.Body.Searched, err = a.hashes.grow(spend, a.glimpse, view.Size()); err != nil {
			return nil, err
		}
		places = a.hashes.find(want)
	}
	return out, a.tell(books, c, want, places, &out.Body)
}

// wanted reads what is looked for: a hash, or a place.
func (in *entriesIn) wanted() (*hashPart, uint64, error) {
	switch {
	case (in.Hash == "") == (in.Index == ""):
		return nil, 0, problem.Invalid(problem.At("query.hash", problem.OneOfThese))
	case in.Index != "":
		at := bound(in.Index, 0)
		if at == nil || at.MS != 0 {
			return nil, 0, problem.Invalid(problem.At("query.index", problem.BadFormat))
		}
		return nil, at.Index, nil
	}
	want := parseHashPart(in.Hash)
	if want == nil {
		return nil, 0, problem.Invalid(problem.At("query.hash", problem.BadFormat))
	}
	return want, 0, nil
}

// tell says of the entries at some places what the caller may know. Of candidates by a
// short part of their hashes, those that are not the ones are left out.
func (a *API) tell(books *ledger.Books, c *auth.Caller, want *hashPart, places []uint64, out *v1.Entries) error {
	auditor := mayAudit(c) == nil
	for _, index := range places {
		list, err := books.Leaves(index, index+1)
		if err != nil {
			return err
		}
		if len(list) == 0 || want != nil && !want.begins(list[0].LeafHash[:]) && !want.begins(list[0].Statement.Hash[:]) {
			continue
		}
		sees := auditor
		if !sees {
			if sees, err = a.feed.sees(books, list[0].Record, c.Region); err != nil {
				return err
			}
		}
		switch {
		case !sees:
		case len(out.Items) == entriesMost:
			out.More = true
			return nil
		default:
			out.Items = append(out.Items, a.feed.cloudEvent(list[0], nil).Data)
		}
	}
	return nil
}

// glimpse opens what this node has applied, for a moment.
func (a *API) glimpse(ctx context.Context) (desk.View, *ledger.Books, error) {
	return a.look(ctx, desk.Fresh{Local: true})
}

// hashPart is the beginning of a hash.
type hashPart struct {
	bytes []byte // whole ones
	rest  byte   // the bits behind them, in the highest places
	bits  int    // of rest
}

var (
	hexOnly = regexp.MustCompile(`^[0-9a-fA-F]+$`)
	hexPart = regexp.MustCompile(`^[0-9a-fA-F]{8,64}$`)
	urlPart = regexp.MustCompile(`^[A-Za-z0-9_-]{6,43}$`)
)

const urlAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// parseHashPart reads the beginning of a hash, nil for what is none. Digits that both
// spellings have are hex, as people read hashes.
func parseHashPart(text string) *hashPart {
	p := &hashPart{}
	switch {
	case hexPart.MatchString(text):
		if len(text)%2 == 1 {
			p.rest, p.bits = byte(strings.IndexByte("0123456789abcdef", strings.ToLower(text)[len(text)-1]))<<4, 4
		}
		p.bytes, _ = hex.DecodeString(text[:len(text)&^1]) // its form has been seen
	case hexOnly.MatchString(text): // too short, or too long
		return nil
	case urlPart.MatchString(text):
		held := uint32(0)
		for i := range len(text) {
			held, p.bits = held<<6|uint32(strings.IndexByte(urlAlphabet, text[i])), p.bits+6
			if p.bits >= 8 {
				p.bits -= 8
				p.bytes = append(p.bytes, byte(held>>p.bits))
			}
		}
		if p.rest = byte(held << (8 - p.bits)); len(p.bytes) == 32 && p.rest != 0 {
			return nil // no hash has more than 256 bits
		}
		if len(p.bytes) == 32 {
			p.bits = 0
		}
	default:
		return nil
	}
	return p
}

// begins reports whether a hash begins so.
func (p *hashPart) begins(hash []byte) bool {
	n := len(p.bytes)
	if n > len(hash) || string(hash[:n]) != string(p.bytes) {
		return false
	}
	return p.bits == 0 || hash[n]>>(8-p.bits) == p.rest>>(8-p.bits)
}
