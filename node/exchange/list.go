package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"sandi.internal/gateway/api/public"
	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/storage/commitment"
	"sandi.internal/gateway/storage/vault"
)

// List is the list of materials that an offer commits to. It is private: it holds
// what opens the commitments. It is an object like any other and travels first.
type List struct {
	V     int    `json:"v"`
	Items []Item `json:"items"`
}

// Item is one object: what the ledger says of it, and what opens that.
type Item struct {
	Commitment string `json:"commitment"`
	Salt       string `json:"salt"`   // base64url
	Size       int64  `json:"size"`   // bytes
	SHA256     string `json:"sha256"` // of the content, base64url
	Tree       string `json:"tree"`   // root of the chunks' tree (RFC 6962), base64url
	Media      string `json:"media"`
	Name       string `json:"name"` // as its owner calls it; may be empty
}

const (
	listVersion = 1
	// maxList bounds a list: MaxOfferItems items with the longest names.
	maxList = vault.ChunkSize
)

// errList says that a list is not the one that was offered, or contradicts itself.
var errList = errors.New("not the list of materials that was offered")

func (l *List) marshal() ([]byte, error) { return json.Marshal(l) }

// parseList reads a list and holds it against the offer: the same objects in the
// same order, each opening its commitment.
func parseList(data []byte, offer statement.OfferBody) (*List, error) {
	l := new(List)
	if err := strict.Object(data, maxList, 3); err != nil {
		return nil, fmt.Errorf("%w: %w", errList, err)
	}
	if err := json.Unmarshal(data, l); err != nil || l.V != listVersion || len(l.Items) != len(offer.Items) {
		return nil, fmt.Errorf("%w: its form", errList)
	}
	for i, item := range l.Items {
		if x, err := item.expected(""); err != nil || commitment.Compute(x.Salt, uint64(x.Size), x.SHA256) != x.Commitment {
			return nil, fmt.Errorf("%w: item %d does not open its commitment", errList, i)
		}
		if _, err := digestOf(item.Tree); err != nil || offer.Items[i] != (statement.OfferItem{Commitment: item.Commitment, Size: item.Size, Media: item.Media}) {
			return nil, fmt.Errorf("%w: item %d", errList, i)
		}
	}
	return l, nil
}

// expected is an item as the vault takes it in, for an organisation.
func (i Item) expected(org string) (x vault.Expected, err error) {
	if x.Commitment, err = commitment.Parse(i.Commitment); err != nil {
		return x, err
	}
	// What the door would not take from this bureau's own people is not received either:
	// under the mark of a record's values nobody could open what was receipted.
	if i.Name != "" && !public.IsFileName(i.Name) || i.Media == public.MediaFields {
		return x, errList
	}
	salt, err := strict.Base64URL(i.Salt)
	if err != nil || len(salt) != commitment.SaltSize {
		return x, errList
	}
	sum, err := digestOf(i.SHA256)
	x.Salt, x.SHA256, x.Size = commitment.Salt(salt), sum, i.Size
	x.Meta = vault.Meta{Name: i.Name, MediaType: i.Media, Org: org}
	return x, err
}

func digestOf(text string) (sum [32]byte, err error) {
	raw, err := strict.Base64URL(text)
	if err != nil || len(raw) != len(sum) {
		return sum, errList
	}
	return [32]byte(raw), nil
}

// treeOf is the root over the hashes of an object's chunks.
func treeOf(leaves []byte) [32]byte {
	t := merkle.NewTree()
	for chunk := range chunksOf(leaves) {
		t.Append(chunk)
	}
	return t.Root()
}

func chunksOf(leaves []byte) func(func(merkle.Hash) bool) {
	return func(yield func(merkle.Hash) bool) {
		for len(leaves) >= 32 {
			if !yield(merkle.Hash(leaves[:32])) {
				return
			}
			leaves = leaves[32:]
		}
	}
}

func leafOf(leaves []byte, number int64) merkle.Hash {
	return merkle.Hash(leaves[number*32 : number*32+32])
}

// sameChunk reports whether a chunk is the one with that leaf.
func sameChunk(chunk, leaves []byte, number int64) bool {
	got, want := merkle.LeafHash(chunk), leafOf(leaves, number)
	return bytes.Equal(got[:], want[:])
}
