package watch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/node/cli"
)

const (
	stateFormat = "sandi-watch/1"
	maxState    = 1 << 20
	// maxNodes bounds what is watched: more than a federation of forty regions has.
	maxNodes = 400
)

// stateText is what a watcher remembers, as it lies on disk.
type stateText struct {
	Format  string            `json:"format"`
	Network string            `json:"network"`
	View    string            `json:"view"`  // signed note: all that was verified ends here; may be empty
	Sizes   map[string]uint64 `json:"sizes"` // by address: the most that a node has shown
}

// loadState reads a state file; a new one is empty. The error says so when it is
// of another network or was changed: who watches must not begin anew unasked.
func loadState(path string, keys *checkpoint.KeyFile) (*checkpoint.Note, map[string]uint64, error) {
	sizes := make(map[string]uint64)
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, sizes, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("couldn't read the state: %w", err)
	}
	var s stateText
	if err := strict.Decode(text, maxState, 2, &s); err != nil || s.Format != stateFormat {
		return nil, nil, fmt.Errorf("%s is no state of a watcher; name another file, or move it away to begin anew", path)
	}
	if s.Network != keys.Network() {
		return nil, nil, fmt.Errorf("%s is of another network than the key file", path)
	}
	if s.Sizes != nil {
		sizes = s.Sizes
	}
	if s.View == "" {
		return nil, sizes, nil
	}
	view, err := keys.Keys().Open([]byte(s.View))
	if err != nil {
		return nil, nil, fmt.Errorf("couldn't believe the checkpoint in %s: %w", path, err)
	}
	return view, sizes, nil
}

// save remembers the view, whole or not at all, when it has changed.
func (w *Watcher) save() error {
	s := stateText{Format: stateFormat, Network: w.cfg.Keys.Network(), Sizes: w.sizes}
	if w.view != nil {
		s.View = string(w.view.Marshal())
	}
	text, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return fmt.Errorf("couldn't encode the state: %w", err)
	}
	text = append(text, '\n')
	if bytes.Equal(text, w.saved) {
		return nil
	}
	err = cli.WriteWhole(w.cfg.State, true, func(out io.Writer) error {
		_, err := out.Write(text)
		return err
	})
	if err == nil {
		w.saved = text
	}
	return err
}
