package console

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"sandi.internal/gateway/certs/strict"
)

// LinkLife is how long a sign-in link is good when nobody says otherwise.
const LinkLife = 2 * time.Hour

const (
	// linkTries is how many wrong secrets a link survives: a mistyped one, not a
	// search.
	linkTries   = 5
	linkIDBytes = 8
	linkFileMax = 4 << 10
	linksMax    = 1024 // links of which wrong tries are remembered
)

// errLink is the one answer to every link that does not let in.
var errLink = errors.New("the sign-in link was used, has expired or is none")

// Links are one-time sign-in links, one file each. Whoever can write into the
// folder can let people in, as whoever holds the token key can: it belongs into a
// demo's folder, and a node takes it on synthetic networks only.
type Links struct {
	dir   string
	clock func() time.Time // real time

	mu    sync.Mutex
	wrong map[string]int // tries by link
}

// NewLinks takes sign-in links from a folder.
func NewLinks(dir string, clock func() time.Time) *Links {
	return &Links{dir: dir, clock: clock, wrong: map[string]int{}}
}

// linkFile is what lies in the folder: never the secret itself.
type linkFile struct {
	Identity
	Secret  string    `json:"secret_sha256"` // base64url
	Expires time.Time `json:"expires"`
}

// MakeLink writes a link into a folder and gives its code, the part of the
// address after #.
func MakeLink(dir string, who Identity, expires time.Time) (string, error) {
	id, secret := make([]byte, linkIDBytes), make([]byte, secretBytes)
	_, _ = rand.Read(id) // crypto/rand cannot fail
	_, _ = rand.Read(secret)
	text := strict.B64(secret)
	sum := sha256.Sum256([]byte(text))
	data, err := json.Marshal(linkFile{Identity: who, Secret: strict.B64(sum[:]), Expires: expires.UTC()})
	if err != nil {
		return "", fmt.Errorf("couldn't make a sign-in link: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("couldn't make the folder of sign-in links: %w", err)
	}
	name := hex.EncodeToString(id)
	if err := os.WriteFile(filepath.Join(dir, name+".json"), data, 0o600); err != nil {
		return "", fmt.Errorf("couldn't write a sign-in link: %w", err)
	}
	return name + "." + text, nil
}

// Use takes a code once. Removing the file is the use: of two that come at a time
// one removes it.
func (l *Links) Use(code string) (Identity, error) {
	name, secret, ok := strings.Cut(code, ".")
	if raw, err := hex.DecodeString(name); !ok || err != nil || len(raw) != linkIDBytes || hex.EncodeToString(raw) != name {
		return Identity{}, errLink
	}
	path := filepath.Join(l.dir, name+".json")
	link, err := readLink(path)
	if err != nil {
		return Identity{}, errLink
	}
	want, err := strict.Base64URL(link.Secret)
	sum := sha256.Sum256([]byte(secret))
	if err != nil || subtle.ConstantTimeCompare(sum[:], want) != 1 {
		if l.tried(name) {
			_ = os.Remove(path) // tried too often: it lets nobody in any more, or at the next try
		}
		return Identity{}, errLink
	}
	if err := os.Remove(path); err != nil || !l.clock().Before(link.Expires) {
		return Identity{}, errLink
	}
	return link.Identity, nil
}

func readLink(path string) (*linkFile, error) {
	info, err := os.Stat(path)
	if err != nil || info.Size() > linkFileMax {
		return nil, errLink
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var link linkFile
	if err := json.Unmarshal(data, &link); err != nil {
		return nil, err
	}
	return &link, nil
}

// tried counts a wrong secret and reports whether it was one too many.
func (l *Links) tried(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.wrong) >= linksMax {
		clear(l.wrong) // names are not guessed, so this is not reached
	}
	l.wrong[name]++
	return l.wrong[name] >= linkTries
}
