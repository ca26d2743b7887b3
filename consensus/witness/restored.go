package witness

import (
	"bytes"
	"fmt"

	"sandi.internal/gateway/consensus/checkpoint"
)

// Restored makes a store that came out of a backup safe to start with. Whatever this
// node signed after the backup it has forgotten, and nobody need have told it so:
//
//   - the node begins on probation, with what the backup remembers as its claim
//     (probation.go); newer cosignatures in others' hands replace it;
//   - logs outside the federation are cosigned no more under the present cosigner key:
//     of them there is no peer who could be asked what was signed (C2SP tlog-witness
//     wants a state that never goes back). A new cosigner key begins anew.
//
// why is one sentence for the operator.
func Restored(store Store, why string) error {
	own, err := readState(store, rowKey(rowOwn, ""))
	if err != nil {
		return err
	}
	p, err := openProbation(store, false)
	if err != nil {
		return err
	}
	p.claim = nil // an older one is what the backup remembers, at most
	if _, err := p.enter(claim{State: own, why: why}); err != nil {
		return err
	}
	var foreign []string
	err = store.Scan(rowKey(rowForeign, ""), rowKey(rowForeign+1, ""), false, func(key, _ []byte) (bool, error) {
		foreign = append(foreign, string(key[2:]))
		return true, nil
	})
	for _, name := range foreign {
		if err == nil {
			err = store.Set(rowKey(rowFrozen, name), []byte{0}, true)
		}
	}
	if err != nil {
		return fmt.Errorf("couldn't keep that foreign logs are not to be cosigned: %w", err)
	}
	return nil
}

// frozen reports whether a foreign log is not to be cosigned under this key. The first
// start after a restore writes down which key that is.
func (w *Witness) frozen(name string, self checkpoint.Key) (bool, error) {
	key, err := w.cfg.Store.Get(rowKey(rowFrozen, name))
	if err != nil || key == nil {
		return false, err
	}
	if len(key) > 1 {
		return bytes.Equal(key, self.Public), nil
	}
	return true, w.cfg.Store.Set(rowKey(rowFrozen, name), self.Public, true)
}
