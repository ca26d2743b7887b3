package account

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"sandi.internal/gateway/certs/strict"
)

const (
	actsFile = "acts.log"
	// actMax bounds one line, and actsMax the log: a million acts. A longer one has
	// to be put away, and another begun.
	actMax  = 4 << 10
	actsMax = 512 << 20
)

// ErrUnlogged: the act cannot be written down, so it is not done.
var ErrUnlogged = errors.New("the administrators' log takes no entries, so nothing is done; see `sandi account log` and OPERATIONS, accounts")

// What acts there are.
const (
	ActMade       = "account_made"
	ActDisabled   = "account_disabled"
	ActEnabled    = "account_enabled"
	ActRoles      = "roles_changed"
	ActReset      = "password_reset"
	ActChanged    = "password_changed"
	ActUnlocked   = "lockout_lifted"
	ActEnded      = "sessions_ended"
	ActSignedIn   = "signed_in"
	ActSignedOut  = "signed_out"
	ActRefused    = "sign_in_refused"
	ActLocked     = "locked_out"
	ActOperated   = "operated" // an operator's request to the public door
	ActLogBegun   = "log_begun"
	ActNotStored  = "not_stored" // the act before could not be carried out
	byCommandLine = "host"
)

// Act is one line of the administrators' log: who did what to which account. Detail
// holds roles, reasons and requests, never a password nor what was typed as a name.
type Act struct {
	No      uint64    `json:"no"`
	At      time.Time `json:"at"`
	Act     string    `json:"act"`
	By      string    `json:"by,omitempty"`   // person; "host": the command line; empty: nobody signed in
	Role    string    `json:"role,omitempty"` // of By
	From    string    `json:"from,omitempty"` // address
	Account string    `json:"account,omitempty"`
	Detail  string    `json:"detail,omitempty"`
	Prev    string    `json:"prev"` // SHA-256 of the line before, base64url; empty in the first
}

// Actor is in whose name something is done.
type Actor struct {
	Person string
	Role   string // administrator's, or the office signed in with
	From   string // address
}

// Host is whoever runs a command on the node's own machine.
func Host() Actor { return Actor{Person: byCommandLine} }

// acts is the log's end, as far as this process has read it. The store's lock guards it.
type acts struct {
	path    string
	offsets []int64 // where each line begins
	size    int64   // of what was read
	last    string  // digest of the last line
}

// follow reads what was added since, by whomever, and checks that it goes on from
// there. The error wraps ErrUnlogged: the log is not what it was.
func (a *acts) follow() error {
	f, err := os.Open(a.path)
	if errors.Is(err, os.ErrNotExist) && a.size == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnlogged, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnlogged, err)
	}
	if info.Size() < a.size || info.Size() > actsMax {
		return fmt.Errorf("%w: its size is %d, %d were read before", ErrUnlogged, info.Size(), a.size)
	}
	if info.Size() == a.size {
		return nil
	}
	r := bufio.NewReaderSize(io.NewSectionReader(f, a.size, info.Size()-a.size), 64<<10)
	for {
		line, err := r.ReadSlice('\n')
		if err == io.EOF {
			return nil // a torn line never took effect: append cuts it off
		}
		if err != nil || len(line) > actMax {
			return fmt.Errorf("%w: line %d is too long", ErrUnlogged, len(a.offsets)+1)
		}
		if err := a.take(line); err != nil {
			return err
		}
	}
}

// take holds a line against the one before.
func (a *acts) take(line []byte) error {
	var one Act
	if err := strict.Decode(line, actMax, 2, &one); err != nil || one.No != uint64(len(a.offsets))+1 || one.Prev != a.last {
		return fmt.Errorf("%w: line %d does not follow from the line before", ErrUnlogged, len(a.offsets)+1)
	}
	a.offsets = append(a.offsets, a.size)
	a.size += int64(len(line))
	a.last = digest(line)
	return nil
}

func digest(line []byte) string {
	sum := sha256.Sum256(line)
	return strict.B64(sum[:])
}

// append writes a line, on disk when it returns. Its caller holds the file lock.
func (a *acts) append(one Act) error {
	if err := a.follow(); err != nil {
		return err
	}
	one.No, one.Prev = uint64(len(a.offsets))+1, a.last
	line, err := json.Marshal(one)
	if err != nil || len(line) >= actMax {
		return fmt.Errorf("%w: the line is too long (%v)", ErrUnlogged, err)
	}
	line = append(line, '\n')
	fresh := a.size == 0
	f, err := os.OpenFile(a.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnlogged, err)
	}
	_, err = f.WriteAt(line, a.size)
	err = errors.Join(err, f.Truncate(a.size+int64(len(line))), owned(f), f.Sync(), f.Close())
	if err == nil && fresh {
		err = syncDir(filepath.Dir(a.path))
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnlogged, errors.Join(err, os.Truncate(a.path, a.size)))
	}
	return a.take(line)
}

// read gives up to limit lines below before (0: from the end), the latest first.
func (a *acts) read(before uint64, limit int, want func(*Act) bool) ([]Act, uint64, error) {
	f, err := os.Open(a.path)
	if errors.Is(err, os.ErrNotExist) {
		return []Act{}, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	end := uint64(len(a.offsets))
	if before > 0 && before <= end {
		end = before - 1
	}
	list := []Act{}
	for ; end > 0 && len(list) < limit; end-- {
		one, err := a.at(f, end)
		if err != nil {
			return nil, 0, err
		}
		if want(one) {
			list = append(list, *one)
		}
	}
	if end > 0 {
		end++ // ask for what is before it
	}
	return list, end, nil
}

func (a *acts) at(f io.ReaderAt, no uint64) (*Act, error) {
	from, to := a.offsets[no-1], a.size
	if no < uint64(len(a.offsets)) {
		to = a.offsets[no]
	}
	line := make([]byte, to-from)
	if _, err := f.ReadAt(line, from); err != nil {
		return nil, err
	}
	var one Act
	if err := json.Unmarshal(bytes.TrimSpace(line), &one); err != nil {
		return nil, fmt.Errorf("line %d of %s: %w", no, a.path, err)
	}
	return &one, nil
}
