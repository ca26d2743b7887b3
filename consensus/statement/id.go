package statement

import (
	"io"
	"time"

	"github.com/oklog/ulid/v2"
)

// NewID makes a statement id: a ULID of the given instant and 80 random bits.
// It panics when the source of randomness fails, as crypto/rand itself does.
func NewID(now time.Time, rand io.Reader) string {
	return ulid.MustNew(ulid.Timestamp(now), rand).String()
}

// IDOf is the id of 128 given bits, for whoever derives ids from what is said.
func IDOf(bits [16]byte) string { return ulid.ULID(bits).String() }

// crockford marks the characters of Crockford's base 32 in capitals. Lower case
// would be a second spelling of the same id.
var crockford = func() (t [256]bool) {
	for _, c := range []byte("0123456789ABCDEFGHJKMNPQRSTVWXYZ") {
		t[c] = true
	}
	return t
}()

// CheckID reports whether id is a ULID in its one spelling: 26 capitals, the
// first at most 7 (128 bits).
func CheckID(id string) error {
	if !isULID(id) {
		return refuseField(CodeForm, "id")
	}
	return nil
}

func isULID(id string) bool {
	if len(id) != ulid.EncodedSize || id[0] > '7' {
		return false
	}
	for i := 0; i < len(id); i++ {
		if !crockford[id[i]] {
			return false
		}
	}
	return true
}

// IDTime is the instant inside an id, in unix milliseconds. The id must have
// passed CheckID.
func IDTime(id string) int64 {
	parsed, err := ulid.ParseStrict(id)
	if err != nil {
		return 0
	}
	return int64(parsed.Time())
}
