package lots

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// MaxShare bounds what a node keeps for one region's draws, and for what its own
// bureau's people bring in, so that nobody takes the room of another: thousands of
// pools of a bureau's size each.
const MaxShare = 256 << 20

// unnamedLife is how long a text stays that no freeze on the ledger names: pools are
// made days before they are frozen, not months.
const unnamedLife = 14 * 24 * time.Hour

// people is the share of what the own bureau's people bring in; the others are called
// by the code of the region whose draws they serve.
const people = ""

// Named are the texts that freezes on the ledger name, by digest: true while a draw
// over them stands, false when all of them ended without an outcome.
type Named func() (map[[sha256.Size]byte]bool, error)

// holding is a text that is kept, as its note says it.
type holding struct {
	Share string    `json:"share"`
	At    time.Time `json:"at"` // when it was brought in or asked for last
	size  int64
}

// note is the key of what is known of a text beside its bytes.
func note(digest [sha256.Size]byte) []byte { return append(key(digest), 'n') }

// load reads what is kept. A text without a note was kept before there were notes: it
// counts for the own people, from now.
func (l *Lots) load() error {
	noted := map[[sha256.Size]byte]holding{}
	err := l.store.Scan([]byte{prefix}, []byte{prefix + 1}, false, func(k, value []byte) (bool, error) {
		digest, isNote := [sha256.Size]byte(k[1:1+sha256.Size]), len(k) > 1+sha256.Size
		if !isNote {
			l.held[digest] = holding{Share: people, At: l.clock(), size: int64(len(value))}
			return true, nil
		}
		var h holding
		if err := json.Unmarshal(value, &h); err != nil {
			return false, fmt.Errorf("the note of text %x cannot be read: %w", digest, err)
		}
		noted[digest] = h
		return true, nil
	})
	for digest, h := range noted {
		if text, held := l.held[digest]; held { // a note alone is of a text that went
			h.size = text.size
			l.held[digest] = h
		}
	}
	return err
}

// touch keeps a text that is about to be frozen from going first. l.mu is not held.
func (l *Lots) touch(digest [sha256.Size]byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if h, held := l.held[digest]; held {
		h.At = l.clock()
		l.held[digest] = h
	}
}

// used are the bytes of a share. l.mu is held.
func (l *Lots) used(share string) (sum int64) {
	for _, h := range l.held {
		if h.Share == share {
			sum += h.size
		}
	}
	return sum
}

// makeRoom lets texts of a share go until size bytes fit: first those that no freeze
// names, then those of draws that ended without an outcome, of each the oldest first.
// What a standing draw needs stays.
func (l *Lots) makeRoom(share string, size int64) error {
	l.mu.Lock()
	over := l.used(share) + size - MaxShare
	l.mu.Unlock()
	if over <= 0 {
		return nil
	}
	return l.letGo(func(h holding, _ bool) bool {
		if over <= 0 || h.Share != share {
			return false
		}
		over -= h.size
		return true
	})
}

// expire lets go what no freeze has named for unnamedLife.
func (l *Lots) expire() error {
	return l.letGo(func(h holding, frozen bool) bool { return !frozen && l.clock().Sub(h.At) > unnamedLife })
}

// letGo drops of the texts that may go, the oldest first, those of which goes says so.
// frozen tells it whether a freeze names the text.
func (l *Lots) letGo(goes func(h holding, frozen bool) bool) error {
	named, err := l.named()
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, digest := range l.oldest(named) {
		if _, frozen := named[digest]; !goes(l.held[digest], frozen) {
			continue
		}
		if err := l.drop(digest); err != nil {
			return err
		}
	}
	return nil
}

// oldest are the texts that may go, in the order in which they do. l.mu is held.
func (l *Lots) oldest(named map[[sha256.Size]byte]bool) (list [][sha256.Size]byte) {
	rank := func(digest [sha256.Size]byte) int {
		if _, frozen := named[digest]; frozen {
			return 1
		}
		return 0
	}
	for digest := range l.held {
		if !named[digest] {
			list = append(list, digest)
		}
	}
	slices.SortFunc(list, func(a, b [sha256.Size]byte) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), l.held[a].At.Compare(l.held[b].At), slices.Compare(a[:], b[:]))
	})
	return list
}

// drop deletes a text, then its note: a crash between the two leaves a note alone,
// which counts for nothing. l.mu is held.
func (l *Lots) drop(digest [sha256.Size]byte) error {
	for _, k := range [][]byte{key(digest), note(digest)} {
		if err := l.store.Delete(k); err != nil {
			return fmt.Errorf("couldn't let a draw's text go: %w", err)
		}
	}
	delete(l.held, digest)
	return nil
}
