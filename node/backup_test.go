package node_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/api/account"
	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/node"
	"sandi.internal/gateway/node/backup"
	"sandi.internal/gateway/node/recovery"
	"sandi.internal/gateway/storage/rows"
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
	if err := folder.Write(w); err != nil {
		n.t.Fatal(err)
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

	rows := n.shares(lost, 0, 300)
	before := rows()
	password := n.account(lost)

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

	if report.DataSets != 1 || report.DataRows != 300 || report.Accounts == nil || report.Accounts.Accounts != 1 || report.Accounts.Acts == 0 {
		t.Fatalf("data sets and accounts: %+v, %+v", report, report.Accounts)
	}

	n.refusesForged(file, key)
	n.takesOld(file, key)

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
	if after := rows(); !slices.Equal(after, before) || len(after) == 0 {
		t.Errorf("the data set gives %d rows, before %d", len(after), len(before))
	}
	n.signsIn(lost, password)
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

// shares has a node share rows with another under an agreement. rows asks for all that is
// agreed, as the other node.
func (n *network) shares(owner, asker, count int) (rows func() []string) {
	n.t.Helper()
	org := n.Regions[asker].Code + "-SJ"
	set := n.do(owner, "liaison", "", "data_set", `{"set_no":"S-1","title":"合成企业名录","summary":"合成的企业名录","contact":"质量处 0311-0000","data_class":"general","personal_data":"none","rhythm":"monthly",
	 "columns":[{"name":"no","title_zh":"编号","title_en":"No","type":"string","class":"clear","max":20},{"name":"city","title_zh":"市","title_en":"City","type":"enum","class":"clear","choices":["a","b"]}],
	 "key_columns":["no"],"shared_with":["`+org+`"]}`).Record
	n.do(owner, "bureau_head", set, "publish", `{"release_doc":"冀市监〔2025〕1号"}`)
	agreement := n.do(asker, "liaison", "", "data_agreement", `{"counterpart":"`+n.Regions[owner].Code+`-SJ","data_set":"`+set+`","purposes":["inspection"],"use":"检查前了解企业信用","legal_basis":"政务数据共享条例 第4条",
	 "agreed_columns":["no","city"],"row_filter":"city == \"a\"","expires_on":"`+time.Now().AddDate(0, 2, 0).Format(time.DateOnly)+`"}`).Record
	n.do(asker, "bureau_head", agreement, "propose", `{"proposal_doc":"京市监〔2025〕2号"}`)
	n.do(owner, "bureau_head", agreement, "accept", `{"acceptance_doc":"冀市监〔2025〕3号"}`)
	var sheet strings.Builder
	sheet.WriteString("编号,市\n")
	for i := range count {
		fmt.Fprintf(&sheet, "n%05d,%c\n", i, "ab"[i%2])
	}
	r, err := n.door(owner, "liaison").LoadRows(n.t.Context(), client.Rows{
		Set: set, Size: int64(sheet.Len()), Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(sheet.String())), nil },
	})
	if err != nil || !r.Done {
		n.t.Fatalf("%+v, %v", r, err)
	}
	return func() (list []string) {
		n.t.Helper()
		q := v1.DataQuestion{Agreement: agreement, Purpose: "inspection", Limit: 100}
		for first := true; first || q.Cursor != ""; first = false {
			var page v1.DataPage
			n.await("a page", func(ctx context.Context) (err error) {
				page, err = n.door(asker, "liaison").QueryDataSet(ctx, set, q)
				return err
			})
			for _, row := range page.Rows {
				list = append(list, string(row))
			}
			q.Cursor = page.Next
		}
		return list
	}
}

// accounts opens the local accounts of a node.
func (n *network) accounts(i int) *account.Store {
	n.t.Helper()
	text, err := os.ReadFile(n.nodes[i].Genesis)
	if err != nil {
		n.t.Fatal(err)
	}
	signed, err := genesis.Parse(text)
	if err != nil {
		n.t.Fatal(err)
	}
	store, err := node.OpenAccounts(n.nodes[i].Config, signed.Region(n.Regions[i].Code))
	if err != nil {
		n.t.Fatal(err)
	}
	return store
}

// account makes a local account at a node.
func (n *network) account(i int) (password string) {
	n.t.Helper()
	_, password, err := n.accounts(i).Add(account.Host(), account.New{
		Name: "zhao", Person: "1024", Display: "赵某", Org: n.Regions[i].Code + "-SJ", Roles: []string{"security_admin"},
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return password
}

// signsIn has somebody sign in with it, and the log of administrators say so.
func (n *network) signsIn(i int, password string) {
	n.t.Helper()
	store := n.accounts(i)
	if one, err := store.SignIn(n.t.Context(), "zhao", password, "127.0.0.1"); err != nil || one.Person != "1024" {
		n.t.Errorf("signing in after the restore: %+v, %v", one, err)
	}
	acts, err := store.Acts(0, 10, "", "")
	if err != nil || len(acts.Acts) < 2 || acts.Acts[len(acts.Acts)-1].Act != account.ActMade {
		n.t.Errorf("the administrators' log: %+v, %v", acts, err)
	}
}

// takesOld has a backup in the form of before restored, which says what it lacks.
func (n *network) takesOld(file, key []byte) {
	n.t.Helper()
	old := n.forge(file, key, func(part string, data []byte) []byte {
		if strings.HasPrefix(part, "accounts/") {
			return nil
		}
		return bytes.Replace(data, []byte("sandi-backup/2"), []byte("sandi-backup/1"), 1)
	})
	dir := filepath.Join(n.t.TempDir(), "old")
	report, err := backup.Restore(n.t.Context(), dir, n.open(old, key, nil))
	if err != nil || !report.Old || report.Complete() || report.Accounts != nil {
		n.t.Errorf("a backup of before: %+v, %v", report, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "data", "accounts")); !errors.Is(err, os.ErrNotExist) {
		n.t.Errorf("accounts that it does not have: %v", err)
	}
}

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
		"a row of a data set": func(part string, data []byte) []byte {
			if part == "vault.rows" {
				data[bytes.LastIndex(data, []byte("n00001"))+12] ^= 1 // behind its key the number and the sealed row
			}
			return data
		},
		"a row of a data set left out": func(part string, data []byte) []byte {
			if part == "vault.rows" {
				return n.without(data, []byte("n00007\x00"))
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

// without takes the row whose key ends with something out of a stream of rows.
func (n *network) without(stream, end []byte) []byte {
	n.t.Helper()
	var out bytes.Buffer
	w := rows.NewWriter(&out)
	err := rows.Read(bytes.NewReader(stream), 4<<10, 16<<20, func(key, value []byte) error {
		if bytes.HasSuffix(key, end) {
			return nil
		}
		return w.Row(key, value)
	})
	if err := errors.Join(err, w.End()); err != nil {
		n.t.Fatal(err)
	}
	return out.Bytes()
}

// forge seals a backup again, with parts changed (nil: left out) and a manifest that fits.
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
		if data = change(head.Name, data); err == nil && data != nil {
			err = w.Bytes(head.Name, data)
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
