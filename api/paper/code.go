package paper

import (
	"encoding/hex"
	"fmt"
	"strings"

	"rsc.io/qr/coding"

	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
)

const (
	// maxVersion is the largest code that is printed: 137 modules to a side, 50 mm with
	// the quiet zone at 0.35 mm a module. Three stand side by side.
	maxVersion = 30
	// entryDigits of an entry's hash stand on paper.
	entryDigits = 16
)

// Codes are the code that proves a receipt's statement, and the one that names it at the
// foot of a page. page is the address that a code leads to when a node can be reached.
func Codes(r *checkpoint.Receipt, record, page string) (proof, foot v1.PaperCode, err error) {
	leaf := merkle.LeafHash(r.Leaf)
	about := v1.PaperCode{Index: r.Index, Digest: hex.EncodeToString(leaf[:])[:entryDigits], Grade: string(r.Grade)}
	proof, foot = about, about
	raw, whole, err := r.Code(room(page))
	if err != nil {
		return proof, foot, err
	}
	proof.Whole = whole
	if err := draw(&proof, page, raw, coding.L); err != nil {
		return proof, foot, err
	}
	return proof, foot, draw(&foot, page, r.PageCode(record), coding.M)
}

// room is how many bytes of a code fit the largest version beside the address.
func room(page string) int {
	bits := coding.Version(maxVersion).DataBytes(coding.L)*8 - coding.String(page+"#").Bits(maxVersion)
	digits := (bits - coding.Num("").Bits(maxVersion)) * 3 / 10
	return digits/17*7 - 1
}

// draw puts an address and digits into the smallest code that takes both: the address as
// bytes, the digits packed.
func draw(c *v1.PaperCode, page string, raw []byte, level coding.Level) error {
	digits := checkpoint.CodeText(raw)
	c.Text = page + "#" + digits
	segments := []coding.Encoding{coding.String(page + "#"), coding.Num(digits)}
	for v := coding.Version(coding.MinVersion); v <= maxVersion; v++ {
		if segments[0].Bits(v)+segments[1].Bits(v) > v.DataBytes(level)*8 {
			continue
		}
		plan, err := coding.NewPlan(v, level, 0)
		if err != nil {
			return fmt.Errorf("couldn't draw a code: %w", err)
		}
		made, err := plan.Encode(segments...)
		if err != nil {
			return fmt.Errorf("couldn't draw a code: %w", err)
		}
		c.Modules = made.Size
		for y := range made.Size {
			row := make([]byte, (made.Size+7)/8)
			for x := range made.Size {
				if made.Black(x, y) {
					row[x/8] |= 0x80 >> (x % 8)
				}
			}
			c.Rows = append(c.Rows, hex.EncodeToString(row))
		}
		return nil
	}
	return fmt.Errorf("couldn't draw a code of %d digits: it is larger than what is printed (%s)", len(digits), strings.TrimSpace(page))
}
