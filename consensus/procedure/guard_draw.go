package procedure

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
)

// contributes reports whether a signature (hex) is the acting region's
// contribution to the draw that this record is, over the digests of pool and rule
// (128 hex digits: one after the other).
func (c *frame) contributes(signature, digests string) ref.Val {
	if len(digests) != 4*sha256.Size || len(c.rec.Acts) == 0 {
		return types.False
	}
	pool, rule := digests[:2*sha256.Size], digests[2*sha256.Size:]
	return types.Bool(c.facts.Contributes(c.act.Region, c.rec.ID, c.rec.Acts[0].Seq, pool, rule, signature))
}

// seedOf is SHA-256 (hex) over what a collection holds (hex), in the order of the
// regions that stated it; empty when an item is not hex or a region stated two.
func (c *frame) seedOf(list, _ string) ref.Val {
	var items []struct {
		Org   string `json:"org"`
		Value string `json:"value"`
	}
	if json.Unmarshal(c.rec.Fields[list], &items) != nil {
		return types.String("")
	}
	type part struct {
		region string
		bytes  []byte
	}
	parts := make([]part, 0, len(items))
	for _, item := range items {
		b, err := hex.DecodeString(item.Value)
		if err != nil {
			return types.String("")
		}
		parts = append(parts, part{RegionOf(item.Org), b})
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.region, b.region) })
	h := sha256.New()
	for i, p := range parts {
		if i > 0 && parts[i-1].region == p.region {
			return types.String("")
		}
		h.Write(p.bytes)
	}
	return types.String(hex.EncodeToString(h.Sum(nil)))
}
