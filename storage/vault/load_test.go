package vault

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"
	"testing"
	"time"

	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/storagetest"
)

// onDisk opens a vault on a real disk.
func onDisk(t testing.TB) *Vault {
	t.Helper()
	db, err := engine.Open(engine.Options{Dir: t.TempDir(), Kind: engine.Vault, Logger: storagetest.Quiet})
	must(t, err)
	t.Cleanup(func() { db.Close() })
	v, err := Open(Options{DB: db, Key: testKey})
	must(t, err)
	return v
}

// TestConstantMemory stores and reads 96 MiB: what is allocated must not depend
// on it.
func TestConstantMemory(t *testing.T) {
	v := onDisk(t)
	const size = 96 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	o, err := v.Put(ctx, Meta{}, io.LimitReader(endless{}, size))
	must(t, err)
	r, _, err := v.Get(ctx, o.Commitment)
	must(t, err)
	n, err := io.Copy(io.Discard, r)
	must(t, err)
	must(t, r.Close())
	runtime.ReadMemStats(&after)
	if n != size || o.Size != size {
		t.Fatalf("read %d bytes", n)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 8<<20 {
		t.Errorf("%d KiB were allocated", got>>10)
	}
}

// TestTransfersAreBounded fills all places for large uploads and reads: one
// more waits for its context, small objects pass.
func TestTransfersAreBounded(t *testing.T) {
	n := open(t, storagetest.NewDisk())
	o := n.put(t, bytesOf(chunkSize))
	var wg sync.WaitGroup
	release := make(chan struct{})
	for range maxPuts {
		wg.Go(func() {
			held := call(func() { <-release })
			if _, err := n.Put(ctx, Meta{}, io.MultiReader(bytes.NewReader(bytesOf(inlineMax+1)), held)); err != nil {
				t.Error(err)
			}
		})
	}
	for len(n.puts) < maxPuts {
		time.Sleep(time.Millisecond)
	}
	var open []io.ReadCloser
	for range maxGets {
		r, _, err := n.Get(ctx, o.Commitment)
		must(t, err)
		open = append(open, r)
	}
	short, cancel := context.WithTimeout(ctx, 5*time.Millisecond)
	defer cancel()
	_, err := n.Put(short, Meta{}, bytes.NewReader(bytesOf(inlineMax+1)))
	wantErr(t, err, context.DeadlineExceeded)
	_, _, err = n.Get(short, o.Commitment)
	wantErr(t, err, context.DeadlineExceeded)
	small := n.put(t, bytesOf(100))
	n.checkObject(t, small, bytesOf(100))
	close(release)
	wg.Wait()
	for _, r := range open {
		must(t, r.Close())
	}
	n.checkObject(t, o, bytesOf(chunkSize))
	n.wantLeft(t, maxPuts+2, maxPuts+1)
}

// TestManyAtOnce stores and reads from many goroutines.
func TestManyAtOnce(t *testing.T) {
	n := open(t, storagetest.NewDisk())
	var wg sync.WaitGroup
	for i := range 24 {
		wg.Go(func() {
			content := bytesOf(i*40_000 + 1)
			o, err := n.Put(ctx, Meta{Name: fmt.Sprint(i)}, bytes.NewReader(content))
			if err != nil {
				t.Error(err)
				return
			}
			if got, err := n.read(o.Commitment); err != nil || !bytes.Equal(got, content) {
				t.Errorf("object %d: %d bytes, %v", i, len(got), err)
			}
		})
	}
	wg.Wait()
	n.wantLeft(t, 24, 23)
}

func BenchmarkPut(b *testing.B) {
	for _, size := range []int{500, 64 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			v := onDisk(b)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Put(ctx, Meta{}, io.LimitReader(endless{}, int64(size))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkGet(b *testing.B) {
	for _, size := range []int{500, 64 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			v := onDisk(b)
			o, err := v.Put(ctx, Meta{}, io.LimitReader(endless{}, int64(size)))
			must(b, err)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				r, _, err := v.Get(ctx, o.Commitment)
				must(b, err)
				_, err = io.Copy(io.Discard, r)
				must(b, err)
				must(b, r.Close())
			}
		})
	}
}
