package backup

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"filippo.io/age"
)

// Lock says who can open a backup: a passphrase, or the holders of recovery keys.
type Lock struct {
	Passphrase string
	Recipients []string // age1…
}

// Bounds of what guards a backup.
const (
	minPassphrase = 12 // characters: there is no limit to guesses at a stolen file
	maxWork       = 20 // log2 of scrypt's work; 18 is what is written
	maxKeyFile    = 64 << 10
)

// Errors of opening.
var (
	// ErrLocked: not the passphrase or key of this file.
	ErrLocked = errors.New("the file does not open with that passphrase or key")
	// ErrNoBackup: not an encrypted file at all.
	ErrNoBackup = errors.New("not a backup: it is no age file")
)

// Seal encrypts what is written to it. Close ends the file: without that it does not
// open to its end.
func Seal(w io.Writer, l Lock) (io.WriteCloser, error) {
	var to []age.Recipient
	switch {
	case l.Passphrase != "" && len(l.Recipients) > 0:
		return nil, errors.New("give a passphrase or recovery keys, not both")
	case l.Passphrase != "":
		if len([]rune(l.Passphrase)) < minPassphrase {
			return nil, fmt.Errorf("the passphrase has fewer than %d characters; choose a longer one", minPassphrase)
		}
		r, err := age.NewScryptRecipient(l.Passphrase)
		if err != nil {
			return nil, fmt.Errorf("couldn't use the passphrase: %w", err)
		}
		to = append(to, r)
	}
	for _, text := range l.Recipients {
		r, err := age.ParseX25519Recipient(text)
		if err != nil {
			return nil, fmt.Errorf("%.80q is not a recovery key (age1…): %w", text, err)
		}
		to = append(to, r)
	}
	if len(to) == 0 {
		return nil, errors.New("give a passphrase or a recovery key: a backup holds private keys and is never written open")
	}
	return age.Encrypt(w, to...)
}

// Key opens a backup: the passphrase, or a file of age identities.
type Key struct {
	Passphrase string
	Identities []byte
}

// Open decrypts a backup. Its reader fails at the first byte that is not what was
// sealed.
func Open(r io.Reader, k Key) (io.Reader, error) {
	var keys []age.Identity
	if k.Passphrase != "" {
		id, err := age.NewScryptIdentity(k.Passphrase)
		if err != nil {
			return nil, fmt.Errorf("couldn't use the passphrase: %w", err)
		}
		id.SetMaxWorkFactor(maxWork)
		keys = append(keys, id)
	}
	if len(k.Identities) > 0 {
		ids, err := age.ParseIdentities(strings.NewReader(string(k.Identities)))
		if err != nil {
			return nil, fmt.Errorf("couldn't read the recovery key; give the file that `sandi backup key` made, not another key: %w", err)
		}
		keys = append(keys, ids...)
	}
	if len(keys) == 0 {
		return nil, errors.New("give the passphrase or the recovery key of the backup")
	}
	out, err := age.Decrypt(r, keys...)
	var none *age.NoIdentityMatchError
	switch {
	case err == nil:
		return out, nil
	case errors.As(err, &none):
		return nil, ErrLocked
	case strings.Contains(err.Error(), "scrypt") || strings.Contains(err.Error(), "incorrect"):
		return nil, fmt.Errorf("%w: %w", ErrLocked, err)
	}
	return nil, fmt.Errorf("%w: %w", ErrNoBackup, err)
}

// NewRecoveryKey makes a key pair for backups: the private half as an age identity
// file, and the public one.
func NewRecoveryKey() (private []byte, public string, err error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, "", fmt.Errorf("couldn't make a recovery key: %w", err)
	}
	public = id.Recipient().String()
	return []byte("# sandi recovery key: keep it in the safe, apart from the backups\n# public key: " + public + "\n" + id.String() + "\n"), public, nil
}

// ReadKeyFile reads a file of identities.
func ReadKeyFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxKeyFile {
		err = fmt.Errorf("%d bytes are too many", info.Size())
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't read the recovery key: %w", err)
	}
	return os.ReadFile(path)
}
