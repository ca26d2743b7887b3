package console

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/certs/strict"
)

// Lives of a session, by real time.
const (
	IdleLife = 30 * time.Minute // without a sign of the person
	FullLife = 10 * time.Hour   // a working day with its overtime
)

// Bounds of the sessions in memory.
const (
	sessionsMax  = 4096 // of a node: a large bureau has some hundred people
	perPersonMax = 8    // the oldest gives way
	secretBytes  = 32
	// watchEvery is how soon what is sent to an ended session is broken off. Its
	// requests are refused at once.
	watchEvery = time.Second
)

var (
	errSessionsFull = errors.New("there are as many sessions as a node keeps")
	errTwoRoles     = errors.New("the person is signed in as another administrator, or in an office beside administration")
)

// session is one signed-in browser. Sessions owns its fields.
type session struct {
	who     Grant
	began   time.Time
	seen    time.Time // last sign of the person
	token   string
	renewed time.Time // when token was signed

	ctx context.Context // ends with the session, and with it whatever is being sent
	end context.CancelFunc
}

func (s *session) expires() time.Time {
	idle, full := s.seen.Add(IdleLife), s.began.Add(FullLife)
	if idle.Before(full) {
		return idle
	}
	return full
}

// Sessions are the signed-in browsers of a node. They live in memory only: a
// restart signs everybody out, and nothing that could be stolen is on disk.
type Sessions struct {
	mint   *Mint
	clock  func() time.Time
	stands func(account string, epoch uint64) bool // nil: there are no local accounts

	mu  sync.Mutex            // owns all below and what it leads to
	all map[[32]byte]*session // by SHA-256 of the cookie's secret
}

func newSessions(mint *Mint, clock func() time.Time, stands func(string, uint64) bool) *Sessions {
	return &Sessions{mint: mint, clock: clock, stands: stands, all: map[[32]byte]*session{}}
}

// over reports whether a session has ended by itself, or with its account's epoch.
func (s *Sessions) over(one *session, now time.Time) bool {
	return !now.Before(one.expires()) || one.who.Account != "" && !s.stands(one.who.Account, one.who.Epoch)
}

// begin opens a session and gives the secret for its cookie. A person who is signed in
// as an administrator does not come in as anything else beside it.
func (s *Sessions) begin(who Grant) (string, error) {
	secret := make([]byte, secretBytes)
	_, _ = rand.Read(secret) // crypto/rand cannot fail
	text := strict.B64(secret)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	s.sweep(now)
	for _, other := range s.all {
		if other.who.Person == who.Person && other.who.administers() != who.administers() {
			return "", errTwoRoles
		}
	}
	s.makeRoom(who.Person)
	if len(s.all) >= sessionsMax {
		return "", errSessionsFull
	}
	fresh := &session{who: who, began: now, seen: now}
	fresh.ctx, fresh.end = context.WithCancel(context.Background())
	s.all[sha256.Sum256([]byte(text))] = fresh
	return text, nil
}

// sweep ends what has expired.
func (s *Sessions) sweep(now time.Time) {
	for id, old := range s.all {
		if s.over(old, now) {
			s.drop(id, old)
		}
	}
}

// watch ends sessions while ctx lasts whose time or account has: what is being sent to
// them is broken off, though they ask for nothing.
func (s *Sessions) watch(ctx context.Context) {
	ticks := time.NewTicker(watchEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
			s.Sweep()
		}
	}
}

// Sweep ends what has expired, or whose account has changed.
func (s *Sessions) Sweep() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(s.clock())
}

// makeRoom ends a person's oldest session when there are as many as one may have.
func (s *Sessions) makeRoom(person string) {
	n := 0
	var oldest *session
	var key [32]byte
	for id, other := range s.all {
		if other.who.Person != person {
			continue
		}
		n++
		if oldest == nil || other.began.Before(oldest.began) {
			oldest, key = other, id
		}
	}
	if n >= perPersonMax {
		s.drop(key, oldest)
	}
}

func (s *Sessions) drop(id [32]byte, old *session) {
	old.end()
	delete(s.all, id)
}

// find gives the session of a cookie; nil when there is none any more. Its caller
// holds mu.
func (s *Sessions) find(secret string) ([32]byte, *session) {
	id := sha256.Sum256([]byte(secret))
	found := s.all[id]
	if found != nil && s.over(found, s.clock()) {
		s.drop(id, found)
		return id, nil
	}
	return id, found
}

// standing is a session as its own browser may know it.
type standing struct {
	who     Grant
	expires time.Time // unless the person shows a sign
	limit   time.Time // in any case
}

// look says whose a cookie is. With active the person has shown a sign.
func (s *Sessions) look(secret string, active bool) (standing, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, found := s.find(secret)
	if found == nil {
		return standing{}, false
	}
	if active {
		found.seen = s.clock()
	}
	return standing{who: found.who, expires: found.expires(), limit: found.began.Add(FullLife)}, true
}

// token gives a token for a request of the session, and a context that ends with
// the session; an empty token when there is no such session. Who has to choose a
// password gets none.
func (s *Sessions) token(secret string) (string, context.Context, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, found := s.find(secret)
	if found == nil {
		return "", nil, nil
	}
	if found.who.Change {
		return "", nil, problem.New(problem.PasswordChange)
	}
	if now := s.clock(); found.token == "" || now.Sub(found.renewed) >= tokenLife-tokenRenew {
		text, err := s.mint.token(found.who.Identity, now)
		if err != nil {
			return "", nil, err
		}
		found.token, found.renewed = text, now
	}
	return found.token, found.ctx, nil
}

// end signs a browser out, or the person's every browser. It says how many.
func (s *Sessions) end(secret string, everywhere bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, found := s.find(secret)
	if found == nil {
		return 0
	}
	if !everywhere {
		s.drop(id, found)
		return 1
	}
	n := 0
	for other, o := range s.all {
		if o.who.Person == found.who.Person {
			s.drop(other, o)
			n++
		}
	}
	return n
}
