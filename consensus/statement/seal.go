package statement

import (
	"encoding/base64"
	"strconv"
)

// SealBody binds what all regions have cosigned into the ledger itself, once a
// day (LEDGER.md 3): whoever holds a later checkpoint holds every sealed one.
type SealBody struct {
	Day        string // Beijing date that has ended, "2025-11-10"
	Checkpoint []byte // a final checkpoint: the signed note, as text
	State      string // state digest in the last leaf that it covers, base64url
	Calendar   int    // version of the working-day table in force
	Rules      int    // version of the deadline rule table in force
}

// maxSealed bounds the signed note, as consensus/checkpoint does.
const maxSealed = 16 << 10

// Marshal gives the body's bytes. The note is base64url there: a body holds no
// escapes that a reader could undo differently.
func (b SealBody) Marshal() []byte {
	dst := appendString([]byte(`{"day":`), b.Day)
	dst = appendString(append(dst, `,"checkpoint":`...), base64.RawURLEncoding.EncodeToString(b.Checkpoint))
	dst = appendString(append(dst, `,"state":`...), b.State)
	dst = strconv.AppendInt(append(dst, `,"calendar":`...), int64(b.Calendar), 10)
	dst = strconv.AppendInt(append(dst, `,"rules":`...), int64(b.Rules), 10)
	return append(dst, '}')
}

// ParseSeal reads the body of ledger.seal. Whether the checkpoint is one, and
// of this ledger, is for the ledger. The error is an *Error.
func ParseSeal(body []byte) (SealBody, error) {
	var b SealBody
	s := bodyScanner(body)
	err := s.body(func(name string) (ok bool) {
		switch name {
		case "day":
			b.Day, ok = s.formed(name, isDay)
		case "checkpoint":
			b.Checkpoint, ok = s.bytes(name, maxSealed)
		case "state":
			b.State, ok = s.formed(name, IsDigest)
		case "calendar":
			b.Calendar, ok = s.tableVersion(name)
		case "rules":
			b.Rules, ok = s.tableVersion(name)
		default:
			ok = s.failField(CodeUnknown, "body")
		}
		return ok
	})
	if err != nil {
		return SealBody{}, err
	}
	err = missing(
		member{"day", b.Day != ""}, member{"checkpoint", len(b.Checkpoint) != 0}, member{"state", b.State != ""},
		member{"calendar", b.Calendar != 0}, member{"rules", b.Rules != 0},
	)
	if err != nil {
		return SealBody{}, err
	}
	return b, nil
}

// isDay is a date as ParseAt would accept it before a time.
func isDay(s string) bool {
	_, err := ParseAt(s + "T00:00:00+08:00")
	return err == nil
}

// bytes reads base64url of at most most bytes.
func (s *scanner) bytes(field string, most int) ([]byte, bool) {
	text, ok := s.plain(field)
	if !ok {
		return nil, false
	}
	if url64.DecodedLen(len(text)) > most {
		return nil, s.failField(CodeTooLarge, field)
	}
	out := make([]byte, url64.DecodedLen(len(text)))
	if !decodeSegment(out, []byte(text)) {
		return nil, s.failField(CodeForm, field)
	}
	return out, true
}

// tableVersion reads the version of a table: an integer from 1.
func (s *scanner) tableVersion(field string) (int, bool) {
	n, ok := s.integer()
	if ok && (n < 1 || n > 1_000_000) {
		return 0, s.failField(CodeForm, field)
	}
	return int(n), ok
}
