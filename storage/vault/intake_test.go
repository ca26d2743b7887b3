package vault

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"sandi.internal/gateway/storage/commitment"
	"sandi.internal/gateway/storage/storagetest"
)

// delivery is an object that another bureau delivers.
func delivery(size int) (Expected, []byte) {
	content := bytesOf(size)
	x := Expected{Meta: Meta{Name: "photo.jpg", Org: "130000-SJ"}, Salt: commitment.Salt{1}, Size: int64(size), SHA256: sha256.Sum256(content)}
	x.Commitment = commitment.Compute(x.Salt, uint64(size), x.SHA256)
	return x, content
}

// deliver takes an object in, from what is there already, and completes it.
func (n *node) deliver(x Expected, content []byte) error {
	in, err := n.Receive(ctx, x)
	if err != nil {
		return err
	}
	defer in.Close()
	for in.Have() < in.Count() {
		from := in.Have() * ChunkSize
		if err := in.Append(content[from : from+in.ChunkBytes(in.Have())]); err != nil {
			return err
		}
	}
	return in.Complete()
}

// Ensure an object comes in chunk by chunk, resumes where it was left, and can be
// read once it is admitted and not before.
func TestIntake(t *testing.T) {
	for _, size := range []int{1, 100, ChunkSize - 1, ChunkSize, ChunkSize + 1, 3*ChunkSize + 17} {
		n := open(t, storagetest.NewDisk())
		x, content := delivery(size)
		in, err := n.Receive(ctx, x)
		must(t, err)
		if _, err := n.Receive(ctx, x); !errors.Is(err, ErrTaken) {
			t.Errorf("a second intake at a time: %v", err)
		}
		wantErr(t, in.Complete(), ErrIncomplete)
		wantErr(t, in.Append(make([]byte, in.ChunkBytes(0)+1)), ErrCorrupt)
		must(t, in.Append(content[:in.ChunkBytes(0)]))
		must(t, in.Close())
		must(t, in.Close())
		if in, err = n.Receive(ctx, x); err != nil || in.Have() != 1 {
			t.Fatalf("%d bytes: resumed at %d, %v", size, in.Have(), err)
		}
		must(t, in.Close())
		_, err = n.read(x.Commitment)
		wantErr(t, err, ErrNotFound)
		must(t, n.deliver(x, content))
		_, err = n.read(x.Commitment)
		wantErr(t, err, ErrNotFound)
		if u := n.Usage(); u.Objects != 0 || u.Bytes != int64(size) {
			t.Errorf("before it is admitted: %+v", u)
		}
		must(t, n.Admit(ctx, x.Commitment))
		must(t, n.Admit(ctx, x.Commitment))
		if got, err := n.read(x.Commitment); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes came out different: %v", size, err)
		}
		if u := n.Usage(); u.Objects != 1 || u.Bytes != int64(size) {
			t.Errorf("after: %+v", u)
		}
		wantErr(t, n.deliver(x, content), ErrExists)
		p, err := n.Open(ctx, x.Commitment)
		must(t, err)
		for i := int64(0); i < Chunks(x.Size); i++ {
			got, err := p.Chunk(i, Buffer())
			if err != nil || !bytes.Equal(got, content[i*ChunkSize:min((i+1)*ChunkSize, x.Size)]) {
				t.Errorf("chunk %d: %v", i, err)
			}
		}
		_, err = p.Chunk(Chunks(x.Size), Buffer())
		wantErr(t, err, ErrNotFound)
		must(t, p.Close())
	}
}

// Ensure what contradicts itself or does not fit is not taken in, and what is given
// up leaves nothing.
func TestIntakeRefused(t *testing.T) {
	n, err := tryOpen(storagetest.NewDisk(), Options{Quota: 5 << 20, MaxObject: 4 << 20}, nil)
	must(t, err)
	defer n.db.Close()
	x, content := delivery(3 << 20)
	for name, c := range map[string]struct {
		change func(*Expected)
		want   error
	}{
		"another salt":   {func(x *Expected) { x.Salt[0]++ }, commitment.ErrMismatch},
		"another digest": {func(x *Expected) { x.SHA256[0]++ }, commitment.ErrMismatch},
		"another size":   {func(x *Expected) { x.Size-- }, commitment.ErrMismatch},
		"nothing":        {func(x *Expected) { x.Size = 0 }, ErrEmpty},
		"too large":      {func(x *Expected) { x.Size = 5 << 20 }, ErrTooLarge},
		"a bad name":     {func(x *Expected) { x.Name = "a\nb" }, ErrMeta},
	} {
		changed := x
		c.change(&changed)
		if _, err := n.Receive(ctx, changed); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	wrong := bytes.Clone(content)
	wrong[2<<20]++
	wantErr(t, n.deliver(x, wrong), commitment.ErrMismatch)
	other, _ := delivery(3<<20 - 1)
	if _, err := n.Receive(ctx, other); !errors.Is(err, ErrQuota) {
		t.Errorf("over the quota: %v", err)
	}
	must(t, n.Discard(x.Commitment))
	must(t, n.Discard(x.Commitment))
	// A quarter of the quota is for the bureau's own people.
	whole, _ := delivery(4 << 20)
	if _, err := n.Receive(ctx, whole); !errors.Is(err, ErrQuota) {
		t.Errorf("more than three quarters of the quota: %v", err)
	}
	wantErr(t, n.Admit(ctx, x.Commitment), ErrNotFound)
	if u := n.Usage(); u != (Usage{}) {
		t.Errorf("%+v", u)
	}
	n.wantLeft(t, 0, 0)
	must(t, n.deliver(x, content))
	must(t, n.Admit(ctx, x.Commitment))
}

// Ensure a power cut at any write of a delivery loses nothing that was admitted,
// and that the delivery goes on after it to the same end.
func TestCrashDuringIntake(t *testing.T) {
	disk := storagetest.NewDisk()
	n := open(t, disk)
	x, content := delivery(2*ChunkSize + 5)
	var admitted atomic.Bool
	type cut struct {
		disk     *storagetest.Disk
		admitted bool
		at       string
	}
	var cuts []cut
	disk.BeforeWrite(func() {
		for _, unsynced := range []int{0, 50, 100} {
			at := fmt.Sprintf("write %d, %d %% of unsynced data kept", len(cuts)/3, unsynced)
			cuts = append(cuts, cut{disk.Crash(unsynced, uint64(len(cuts))), admitted.Load(), at})
		}
	})
	must(t, n.deliver(x, content))
	must(t, n.Admit(ctx, x.Commitment))
	admitted.Store(true)
	n.put(t, bytesOf(50))
	disk.BeforeWrite(nil)
	for _, c := range cuts {
		n, err := tryOpen(c.disk, Options{}, nil)
		must(t, err)
		if _, err := n.read(x.Commitment); c.admitted && err != nil {
			t.Errorf("%s: it is lost: %v", c.at, err)
		}
		if err := n.deliver(x, content); err != nil && !errors.Is(err, ErrExists) {
			t.Errorf("%s: %v", c.at, err)
		}
		must(t, n.Admit(ctx, x.Commitment))
		if got, err := n.read(x.Commitment); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s: it came out different: %v", c.at, err)
		}
		if u := n.Usage(); u.Bytes != x.Size && u.Bytes != x.Size+50 {
			t.Errorf("%s: %+v", c.at, u)
		}
		must(t, n.db.Close())
	}
	t.Logf("%d power cuts", len(cuts))
	if len(cuts) < 30 {
		t.Errorf("only %d power cuts", len(cuts))
	}
}

// Ensure lists go on where they ended and tell how objects are kept.
func TestList(t *testing.T) {
	n := open(t, storagetest.NewDisk())
	for i := range 5 {
		n.put(t, bytesOf(100+i))
	}
	var after commitment.Commitment
	seen := map[commitment.Commitment]bool{}
	for {
		page, err := n.List(ctx, after, 2, func(o Object) bool { return o.Size != 102 })
		must(t, err)
		if len(page) == 0 {
			break
		}
		for _, o := range page {
			seen[o.Commitment] = true
		}
		after = page[len(page)-1].Commitment
	}
	if len(seen) != 4 {
		t.Errorf("%d objects listed", len(seen))
	}
}
