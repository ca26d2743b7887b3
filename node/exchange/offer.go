package exchange

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/public"
	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/storage/commitment"
	"sandi.internal/gateway/storage/vault"
)

// Draft is an offer that somebody of this bureau wants to make.
type Draft = public.OfferDraft

// The first byte of this package's node-local keys, and what follows it. consensus/witness
// has other letters below 0xa0, so what came later lies below 0xa1.
const (
	localPrefix = 0xa0
	localDraft  = 'd' // organisation '/' person '/' statement id -> root: a retried call makes no second list
	localTree   = 't' // commitment -> hashes of its chunks
	localInbox  = 'i' // region '/' id -> id of the receipt
)

const (
	lateLocalPrefix = 0xa1
	localPledge     = 'p' // statement id -> pledge: an offer that is being made
	localDispute    = 'd' // region '/' statement id -> commitment of the evidence of a dispute
)

func lateLocalKey(kind byte, rest string) []byte {
	return append([]byte{lateLocalPrefix, kind}, rest...)
}

func localKey(kind byte, rest string) []byte {
	return append([]byte{localPrefix, kind}, rest...)
}

// Make makes an offer: it writes the list of materials into the vault and states
// the offer in the bureau's name. The same draft again gets the first answer.
// public.ErrNoMaterial: one is not in this vault.
func (e *Exchange) Make(ctx context.Context, d Draft) (desk.Receipt, string, error) {
	if err := e.pledge(d); err != nil {
		return desk.Receipt{}, "", fmt.Errorf("couldn't note an offer: %w", err)
	}
	body, err := e.describe(ctx, d)
	if err != nil {
		return desk.Receipt{}, "", errors.Join(err, e.redeem(d.ID))
	}
	receipt, err := e.cfg.Desk.State(ctx, d.Draft, statement.KindOffer, body.Marshal())
	var p *problem.Problem
	nowhere := errors.As(err, &p) && p.Code == problem.NoQuorum
	if nowhere || err == nil && !receipt.Pending { // else the ledger may take it later
		err = errors.Join(err, e.redeem(d.ID))
	}
	return receipt, body.Root, err
}

// describe is what an offer says, with its list of materials in the vault.
func (e *Exchange) describe(ctx context.Context, d Draft) (statement.OfferBody, error) {
	list := &List{V: listVersion}
	body := statement.OfferBody{To: d.To, Record: d.Record, Purpose: d.Purpose, Basis: d.Basis, Expires: d.Expires}
	for _, text := range d.Materials {
		item, err := e.item(ctx, text)
		if errors.Is(err, vault.ErrNotFound) || errors.Is(err, vault.ErrPurged) {
			err = public.ErrNoMaterial
		}
		if err != nil {
			return body, fmt.Errorf("couldn't offer %s: %w", text, err)
		}
		list.Items = append(list.Items, item)
		body.Items = append(body.Items, statement.OfferItem{Commitment: item.Commitment, Size: item.Size, Media: item.Media})
	}
	var err error
	if body.Root, err = e.keepList(ctx, d, list); err != nil {
		return body, fmt.Errorf("couldn't keep the list of materials: %w", err)
	}
	return body, nil
}

// item describes an object of this vault for a list.
func (e *Exchange) item(ctx context.Context, text string) (Item, error) {
	c, err := commitment.Parse(text)
	if err != nil {
		return Item{}, vault.ErrNotFound
	}
	o, err := e.cfg.Vault.Stat(ctx, c)
	if err != nil {
		return Item{}, err
	}
	if o.MediaType == public.MediaFields {
		return Item{}, vault.ErrNotFound // a record's values, no file
	}
	salt, err := e.cfg.Vault.Opening(ctx, c)
	if err != nil {
		return Item{}, err
	}
	leaves, err := e.tree(ctx, c)
	if err != nil {
		return Item{}, err
	}
	root := treeOf(leaves)
	media := o.MediaType
	if !statement.IsMedia(media) {
		media = mediaOf(o.Name)
	}
	return Item{
		Commitment: text, Salt: strict.B64(salt[:]), Size: o.Size, SHA256: strict.B64(o.SHA256[:]), Tree: strict.B64(root[:]), Media: media, Name: o.Name,
	}, nil
}

// mediaTypes are those of files that bureaus exchange, by the end of their names. The
// list is our own: that of the operating system differs from node to node.
var mediaTypes = map[string]string{
	".pdf": "application/pdf", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".tif": "image/tiff", ".mp4": "video/mp4",
	".mp3": "audio/mpeg", ".wav": "audio/wav", ".txt": "text/plain", ".csv": "text/csv", ".json": "application/json", ".xml": "application/xml", ".zip": "application/zip",
	".ofd": "application/ofd", ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

func mediaOf(name string) string {
	if media := mediaTypes[strings.ToLower(path.Ext(name))]; media != "" {
		return media
	}
	return "application/octet-stream"
}

// keepList puts a list into the vault, once for one draft.
func (e *Exchange) keepList(ctx context.Context, d Draft, list *List) (root string, err error) {
	key := localKey(localDraft, d.Org+"/"+d.Person+"/"+d.ID)
	if known, err := e.cfg.Local.Get(key); err != nil || known != nil {
		return string(known), err
	}
	text, err := list.marshal()
	if err != nil {
		return "", err
	}
	o, err := e.cfg.Vault.Put(ctx, vault.Meta{Name: "materials.json", MediaType: "application/json", Person: d.Person, Org: d.Org}, bytes.NewReader(text))
	if err != nil {
		return "", err
	}
	root = o.Commitment.String()
	return root, e.cfg.Local.Set(key, []byte(root), true)
}

// tree gives the hashes of an object's chunks, computed once and kept.
func (e *Exchange) tree(ctx context.Context, c commitment.Commitment) ([]byte, error) {
	key := localKey(localTree, c.String())
	leaves, err := e.cfg.Local.Get(key)
	if err != nil || leaves != nil {
		return leaves, err
	}
	r, o, err := e.cfg.Vault.Get(ctx, c)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	buf := make([]byte, vault.ChunkSize)
	for left := o.Size; left > 0; {
		n := min(left, vault.ChunkSize)
		if _, err := io.ReadFull(r, buf[:n]); err != nil {
			return nil, fmt.Errorf("couldn't read %s: %w", c, err)
		}
		h := merkle.LeafHash(buf[:n])
		leaves = append(leaves, h[:]...)
		left -= n
	}
	return leaves, e.cfg.Local.Set(key, leaves, false)
}

// Withdraw ends an offer of this bureau that nobody has received.
func (e *Exchange) Withdraw(ctx context.Context, d desk.Draft, offer, reason string) (desk.Receipt, error) {
	return e.cfg.Desk.State(ctx, d, statement.KindWithdraw, statement.WithdrawBody{Offer: offer, Reason: reason}.Marshal())
}

// inboxRow is what is kept of an offer that is being fetched.
type inboxRow struct {
	Receipt string `json:"receipt"` // id of the statement that is to be the receipt
}

func (r inboxRow) marshal() []byte {
	text, _ := json.Marshal(r) // a string
	return text
}

var errInbox = errors.New("the inbox of private objects is damaged")
