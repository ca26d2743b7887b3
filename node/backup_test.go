package node_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/node"
	"sandi.internal/gateway/node/backup"
	"sandi.internal/gateway/node/recovery"
)

// backUp makes a backup of node i under a new key, as `sandi backup` does.
func (n *network) backUp(i int) (file, key []byte) {
	n.t.Helper()
	private, public, err := backup.NewRecoveryKey()
	if err != nil {
		n.t.Fatal(err)
	}
	folder, err := node.LoadPortable(n.nodes[i].path)
	if err != nil {
		n.t.Fatal(err)
	}
	var out bytes.Buffer
	sealed, err := backup.Seal(&out, backup.Lock{Recipients: []string{public}})
	if err != nil {
		n.t.Fatal(err)
	}
	w := backup.NewWriter(sealed, time.Now())
	for _, name := range sortedNames(folder.Files) {
		if err := w.File(name, folder.Files[name]); err != nil {
			n.t.Fatal(err)
		}
	}
	err = n.door(i, "operator").Backup(n.t.Context(), func(r io.Reader, _ int64) error { return w.Copy(r) })
	if err = errors.Join(err, w.Finish(), sealed.Close()); err != nil {
		n.t.Fatal(err)
	}
	return out.Bytes(), private
}

// open are the options to read such a backup with.
func (n *network) open(file, key []byte, change func(*backup.Options)) backup.Options {
	n.t.Helper()
	in, err := backup.Open(bytes.NewReader(file), backup.Key{Identities: key})
	if err != nil {
		n.t.Fatal(err)
	}
	keys, err := n.Keys()
	if err != nil {
		n.t.Fatal(err)
	}
	o := backup.Options{In: in, Trust: backup.Trust{Keys: keys}, VaultKey: node.VaultKeyIn, Logger: slog.New(slog.DiscardHandler), Workers: 2}
	if change != nil {
		change(&o)
	}
	return o
}

// Ensure a node that is backed up while it is written to, and whose folder is then lost,
// comes back from the backup: proved against a checkpoint over all of it, first without
// a vote, then with one, its private objects readable; and that a restore which ends in
// the middle leaves nothing that starts.
func TestBackupRestored(t *testing.T) {
	n := found(t, genesis.ClockReal, time.Now().Add(-time.Hour))
	const lost = 2
	n.awaitFinal(*n.write(0).Index+1, 0, 1, 2)
	content := make([]byte, 3<<20) // a file of several chunks, and a small one within its row
	_, _ = rand.Read(content)
	var commitments []string
	for _, size := range []int{len(content), 100} {
		m, err := n.door(lost, "officer").PutMaterial(t.Context(), client.NewKey(), "evidence.bin", content[:size])
		if err != nil {
			t.Fatal(err)
		}
		commitments = append(commitments, m.Commitment)
	}

	ctx, cancel := context.WithCancel(t.Context())
	began, wrote := make(chan uint64), make(chan uint64)
	go func() {
		last := *n.write(lost).Index
		began <- last
		for ctx.Err() == nil {
			last = *n.write(lost).Index
		}
		wrote <- last
	}()
	first := <-began
	file, key := n.backUp(lost)
	cancel()
	last := <-wrote
	if last <= first {
		t.Fatalf("nothing was written during the backup: entry %d", last)
	}

	report, err := backup.Verify(t.Context(), t.TempDir(), n.open(file, key, nil))
	if err != nil || !report.Complete() {
		t.Fatalf("verified: %+v, %v", report, err)
	}
	if report.Objects != 2 || report.OpenedBytes != int64(len(content))+100 || report.Leaves <= first || report.Leaves > last+1 {
		t.Fatalf("of %d leaves: %+v", last+1, report)
	}

	n.refusesForged(file, key)

	n.stop(lost)
	folder := filepath.Dir(n.nodes[lost].path)
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	half := n.open(file[:len(file)/2], key, nil)
	if _, err := backup.Restore(t.Context(), folder, half); !errors.Is(err, backup.ErrBad) {
		t.Fatalf("half a backup was restored: %v", err)
	}
	if left, _ := filepath.Glob(folder + "*"); len(left) > 0 {
		t.Fatalf("half a backup left %s", left)
	}
	if _, err := backup.Restore(t.Context(), folder, n.open(file, key, nil)); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Restore(t.Context(), folder, n.open(file, key, nil)); !errors.Is(err, backup.ErrOccupied) {
		t.Errorf("restored into a folder in use: %v", err)
	}

	// With another region down nobody can say what was forgotten.
	third := 1 - n.leaderAmong(0, 1)
	n.stop(third)
	n.start(lost)
	n.await("probation", func(context.Context) error {
		if n.status(lost).Checkpoints.Quarantine == "" {
			return errors.New("none")
		}
		return nil
	})
	n.start(third)
	n.awaitReady(0, 1, 2)
	n.awaitFinal(*n.write(lost).Index+1, 0, 1, 2)
	for i, size := range []int{len(content), 100} {
		r, err := n.door(lost, "officer").Material(t.Context(), commitments[i], "")
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err = errors.Join(err, r.Close()); err != nil || !bytes.Equal(got, content[:size]) {
			t.Errorf("object %d came back as %d bytes, %v", i, len(got), err)
		}
	}
	n.accepted(lost)
}

// Ensure the backup of a network that has just been founded, with no entry and no
// checkpoint yet, can be verified and restored like any other.
func TestBackupOfAnEmptyLedger(t *testing.T) {
	n := found(t, genesis.ClockReal, time.Now().Add(-time.Hour))
	n.awaitReady(0, 1, 2)
	file, key := n.backUp(0)
	report, err := backup.Verify(t.Context(), t.TempDir(), n.open(file, key, nil))
	if err != nil || report.Leaves != 0 || len(report.Notes) != 0 {
		t.Fatalf("%+v, %v", report, err)
	}
	if _, err := backup.Restore(t.Context(), filepath.Join(t.TempDir(), "restored"), n.open(file, key, nil)); err != nil {
		t.Error(err)
	}
}

func sortedNames(files map[string][]byte) []string { return slices.Sorted(maps.Keys(files)) }

// leaderAmong is the leader, which is one of the given nodes.
func (n *network) leaderAmong(nodes ...int) (lead int) {
	n.t.Helper()
	n.await("a leader among some", func(context.Context) error {
		if lead = n.leader(); !slices.Contains(nodes, lead) {
			return errors.New("another one leads")
		}
		return nil
	})
	return lead
}

// Ensure a network of which nothing is left but one backup goes on with it, under an
// order of two regions: a restored node alone neither votes nor leads.
func TestBackupOfALostNetwork(t *testing.T) {
	n := found(t, genesis.ClockReal, time.Now().Add(-time.Hour))
	const left = 1
	n.awaitFinal(*n.write(left).Index+1, 0, 1, 2)
	network := n.status(left).Network
	file, key := n.backUp(left)
	for i := range n.nodes {
		n.stop(i)
	}
	folder := filepath.Dir(n.nodes[left].path)
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Restore(t.Context(), folder, n.open(file, key, nil)); err != nil {
		t.Fatal(err)
	}
	var size uint64
	n.stopped(left, nil, func(f *recovery.Folder, v *recovery.View) {
		size = v.Last.Size
		body := statement.RecoveryBody{Size: size, Root: v.Last.Root[:], Survivors: []string{f.Node}, Reason: "destroyed"}
		o, err := f.Judge(v, n.order(network, body, 0, 2))
		if err == nil {
			err = f.Execute(v, o)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	n.start(left)
	if index := *n.write(left).Index; index != size+2 {
		t.Errorf("the first write is entry %d, the order is at %d and %d", index, size, size+1)
	}
	if why := n.status(left).Checkpoints.Quarantine; why != "" {
		t.Errorf("it does not vote: %s", why)
	}
}

// refusesForged has parts of a backup changed by somebody who can seal and sum up as
// well as we can, and nothing of it accepted.
func (n *network) refusesForged(file, key []byte) {
	n.t.Helper()
	for name, change := range map[string]func(part string, data []byte) []byte{
		"a bit of the ledger": func(part string, data []byte) []byte {
			if part == "ledger.state" {
				data[len(data)/2] ^= 1
			}
			return data
		},
		"no checkpoint": func(part string, data []byte) []byte {
			if part == "proof.json" {
				return regexp.MustCompile(`(?s)"notes": .*`).ReplaceAll(data, []byte(`"notes": []}`))
			}
			return data
		},
		"another root": func(part string, data []byte) []byte {
			if part == "proof.json" {
				return regexp.MustCompile(`"root": "[^"]*"`).ReplaceAll(data, []byte(`"root": "`+strings.Repeat("A", 43)+`"`))
			}
			return data
		},
		"a signature": func(part string, data []byte) []byte {
			if part == "proof.json" {
				at := bytes.Index(data, []byte("/110000/110000-a ")) // a cosigner's line
				copy(data[at+40:], "AAAA")
			}
			return data
		},
		"a private object": func(part string, data []byte) []byte {
			if strings.HasPrefix(part, "vault/") {
				data[len(data)-1] ^= 1
			}
			return data
		},
		"another vault's rows": func(part string, data []byte) []byte {
			if part == "vault.rows" {
				data[len(data)/2] ^= 1
			}
			return data
		},
	} {
		o := n.open(n.forge(file, key, change), key, nil)
		if report, err := backup.Verify(n.t.Context(), n.t.TempDir(), o); !errors.Is(err, backup.ErrBad) {
			n.t.Errorf("%s was changed, and the backup holds: %+v, %v", name, report, err)
		}
	}
	stranger := n.open(file, key, func(o *backup.Options) {
		keys := *o.Trust.Keys
		keys.Genesis[0] ^= 1
		o.Trust.Keys = &keys
	})
	if _, err := backup.Verify(n.t.Context(), n.t.TempDir(), stranger); !errors.Is(err, backup.ErrBad) {
		n.t.Errorf("a backup of another network holds: %v", err)
	}
	alone := n.open(file, key, func(o *backup.Options) { o.Trust, o.VaultKey = backup.Trust{}, nil })
	if report, err := backup.Verify(n.t.Context(), n.t.TempDir(), alone); err != nil || report.Complete() || report.Trusted || report.Opened {
		n.t.Errorf("a backup that vouches for itself: %+v, %v", report, err)
	}
}

// forge seals a backup again, with parts changed and a manifest that fits.
func (n *network) forge(file, key []byte, change func(part string, data []byte) []byte) []byte {
	n.t.Helper()
	in, err := backup.Open(bytes.NewReader(file), backup.Key{Identities: key})
	if err != nil {
		n.t.Fatal(err)
	}
	_, public, _ := strings.Cut(string(key), "public key: ")
	public, _, _ = strings.Cut(public, "\n")
	var out bytes.Buffer
	sealed, err := backup.Seal(&out, backup.Lock{Recipients: []string{public}})
	if err != nil {
		n.t.Fatal(err)
	}
	w, parts := backup.NewWriter(sealed, time.Now()), tar.NewReader(in)
	for {
		head, err := parts.Next()
		if err != nil {
			n.t.Fatal(err)
		}
		if head.Name == "manifest.json" {
			break
		}
		data, err := io.ReadAll(parts)
		if err == nil {
			err = w.Bytes(head.Name, change(head.Name, data))
		}
		if err != nil {
			n.t.Fatal(err)
		}
	}
	if err := errors.Join(w.Finish(), sealed.Close()); err != nil {
		n.t.Fatal(err)
	}
	return out.Bytes()
}
