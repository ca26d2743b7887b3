package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Bounds of passwords.
const (
	PasswordMin  = 12  // characters
	PasswordMax  = 128 // characters
	passwordSize = 512 // bytes
	// beyondMin is how many characters, and distinctMin how many different ones, a
	// password has besides common words and digits.
	beyondMin   = 4
	distinctMin = 5
	// InitialLife is how long an initial password lets in.
	InitialLife = 72 * time.Hour
)

// Argon2id (RFC 9106) as OWASP's password storage sheet has it for little memory: 19 MiB,
// two passes, one lane. Measured: 90 ms on a busy core
// (BenchmarkHash).
const (
	argonMemory = 19 << 10 // KiB
	argonPasses = 2
	argonLanes  = 1
	saltSize    = 16
	hashSize    = 32
	hashHead    = "$argon2id$v=19$m=19456,t=2,p=1$"
)

// Computing of hashes at a time: two are 38 MiB. So many more may wait for so long.
const (
	hashesMax    = 2
	hashesQueued = 16
	hashPatience = 5 * time.Second
)

// Why a password is not taken. Reasons are codes that clients translate.
var (
	ErrShort  = errors.New("a password has at least 12 characters")
	ErrLong   = errors.New("a password has at most 128 characters")
	ErrCommon = errors.New("the password is made of common words, digits or the account's own names; a sentence of several words is a good one")
	ErrSame   = errors.New("the new password is the old one")
	// ErrBusy: as many passwords are being computed as a node does at a time.
	ErrBusy = errors.New("too many sign-ins at a time")
)

// common are what the commonest passwords are made of: words, names and keyboard rows,
// lower case. What is left of a password without them and without digits counts.
var common = []string{
	"passwort", "password", "passw0rd", "p@ssw0rd", "p@ssword", "passwd", "pass", "qwertyuiop", "qwerty", "qwert", "qazwsxedc", "qazwsx", "qaz", "wsx", "edc", "asdfghjkl", "asdfgh", "asdf",
	"zxcvbnm", "zxcvbn", "zxcv", "abcdefgh", "abcdef", "abcd", "abc", "administrator", "admin", "root", "system", "sysadmin", "security", "audit", "operator", "manager", "guest", "test", "demo", "user", "login",
	"welcome", "letmein", "changeme", "default", "secret", "master", "iloveyou", "monkey", "dragon", "sunshine", "princess", "football", "baseball", "superman", "batman", "shadow", "michael",
	"trustno", "hello", "freedom", "whatever", "starwars", "computer", "internet", "server", "woaini", "wodemima", "mima", "nihao", "zhongguo", "china", "beijing", "tianjin", "hebei", "jingjinji", "woaizhongguo",
	"wangwei", "zhangwei", "liwei", "scjg", "jianguan", "sandi", "gateway", "三地", "密码", "口令", "管理员", "spring", "summer", "autumn", "winter", "january", "monday", "love", "qq", "aa", "xx",
}

// acceptable says why a password is not taken for an account; nil when it is. The
// length counts characters: a Chinese sentence is one.
func acceptable(password string, own ...string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password) || n < PasswordMin:
		return ErrShort
	case n > PasswordMax || len(password) > passwordSize:
		return ErrLong
	}
	left := strings.ToLower(norm.NFKC.String(password))
	for _, word := range own {
		if len(word) > 2 {
			left = strings.ReplaceAll(left, strings.ToLower(word), "")
		}
	}
	for _, word := range common {
		left = strings.ReplaceAll(left, word, "")
	}
	different := map[rune]bool{}
	beyond := 0
	for _, r := range left {
		if !unicode.IsDigit(r) {
			beyond++
		}
		different[r] = true
	}
	if beyond < beyondMin || len(different) < distinctMin {
		return ErrCommon
	}
	return nil
}

// initialAlphabet leaves out what looks alike on paper.
const initialAlphabet = "abcdefghjkmnpqrstuvwxyz23456789"

// initial is a password to be handed over: 20 characters of 31, 99 bits.
func initial() string {
	const groups, each = 4, 5
	var b strings.Builder
	for i := range groups * each {
		if i > 0 && i%each == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(initialAlphabet[pick(len(initialAlphabet))])
	}
	return b.String()
}

// pick is a number below n, each as likely.
func pick(n int) int {
	for {
		var b [1]byte
		_, _ = rand.Read(b[:]) // crypto/rand cannot fail
		if whole := 256 / n * n; int(b[0]) < whole {
			return int(b[0]) % n
		}
	}
}

// hasher computes password hashes, few at a time.
type hasher struct {
	slots, queue chan struct{}
	dummy        string // of no password: what unknown names are held against
}

func newHasher() *hasher {
	h := &hasher{slots: make(chan struct{}, hashesMax), queue: make(chan struct{}, hashesMax+hashesQueued)}
	h.dummy = hashOf(initial())
	return h
}

// enter waits for a place to compute in; the error is ErrBusy.
func (h *hasher) enter(ctx context.Context) (leave func(), err error) {
	select {
	case h.queue <- struct{}{}:
	default:
		return nil, ErrBusy
	}
	ctx, cancel := context.WithTimeout(ctx, hashPatience)
	defer cancel()
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots; <-h.queue }, nil
	case <-ctx.Done():
		<-h.queue
		return nil, ErrBusy
	}
}

// hashOf is a password's PHC string under a fresh salt.
func hashOf(password string) string {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // crypto/rand cannot fail
	return hashHead + base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(derive(password, salt))
}

func derive(password string, salt []byte) []byte {
	return argon2.IDKey([]byte(norm.NFKC.String(password)), salt, argonPasses, argonMemory, argonLanes, hashSize)
}

// matches reports whether a hash is a password's. Only this version's parameters are
// known: a file from elsewhere cannot order work.
func matches(hash, password string) (bool, error) {
	rest, ours := strings.CutPrefix(hash, hashHead)
	saltText, sumText, parted := strings.Cut(rest, "$")
	salt, err := base64.RawStdEncoding.DecodeString(saltText)
	sum, err2 := base64.RawStdEncoding.DecodeString(sumText)
	if err := errors.Join(err, err2); !ours || !parted || err != nil || len(salt) != saltSize || len(sum) != hashSize {
		return false, fmt.Errorf("a password's hash in accounts.json is not one of this program: %w", errors.Join(err, ErrDamaged))
	}
	if len(password) > passwordSize {
		password = "" // nobody's; the work is the same
	}
	return subtle.ConstantTimeCompare(derive(password, salt), sum) == 1, nil
}
