package audit

import (
	"bytes"
	"flag"
	"io"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"testing"
	"time"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/bundle/bundletest"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
)

var (
	scale  = flag.Int("audit", 20_000, "entries of the log that BenchmarkVerify verifies")
	probes = flag.Bool("audit.probes", false, "let it be the write of the whole-system benchmark instead of whole courses of assistance")
	scaled = flag.String("audit.file", "", "where BenchmarkVerify keeps that log between runs (with .keys beside it)")
)

// bareBatch is the size of the batches of the bare rate: that of the verifier.
const bareBatch = groupTiles * merkle.TileWidth

// BenchmarkVerify holds a full verification (signatures, tree, rules, digests,
// deadlines) against the bare batch verification of the same signatures on the
// same processors, in one run. Read "ratio": the goal is 0.35. On a machine that
// others use "cpu-ratio", of processor times, says what "ratio" would be alone.
func BenchmarkVerify(b *testing.B) {
	file, size, keys := scaleLog(b, *scale)
	workers := runtime.GOMAXPROCS(0)
	var bare, full, bareCPU, fullCPU time.Duration
	peak := uint64(0)
	for b.Loop() {
		wall, cpu := bareTimes(b, file, size, workers)
		bare, bareCPU = bare+wall, bareCPU+cpu
		runtime.GC() // the verifier has its memory to itself, as its program does
		TuneMemory()
		stop := watchMemory(&peak)
		start, spent := time.Now(), processorTime(b)
		r, err := Verify(b.Context(), Options{File: file, Size: size, Keys: keys, TempDir: b.TempDir()})
		full, fullCPU = full+time.Since(start), fullCPU+processorTime(b)-spent
		stop()
		debug.SetGCPercent(100)
		debug.SetMemoryLimit(math.MaxInt64)
		if err != nil || r.Exit != ExitPass || r.Size != uint64(*scale) {
			b.Fatalf("%v: %s", err, show(r))
		}
	}
	n := float64(b.N * *scale)
	b.ReportMetric(n/bare.Seconds(), "bare/s")
	b.ReportMetric(n/full.Seconds(), "full/s")
	b.ReportMetric(bare.Seconds()/full.Seconds(), "ratio")
	b.ReportMetric(bareCPU.Seconds()/fullCPU.Seconds(), "cpu-ratio")
	b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
	b.ReportMetric(0, "ns/op")
}

// bareTimes verifies the signatures alone. Reading them does not count.
func bareTimes(b *testing.B, file io.ReaderAt, size int64, workers int) (wall, cpu time.Duration) {
	b.Helper()
	signatures := signaturesOf(b, file, size)
	start, spent := time.Now(), processorTime(b)
	signatures.verify(b, workers)
	return time.Since(start), processorTime(b) - spent
}

// processorTime is what this process has used of all processors.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// scaleLog makes a bundle of n entries on disk.
func scaleLog(b *testing.B, n int) (io.ReaderAt, int64, []byte) {
	b.Helper()
	path := *scaled
	if path == "" {
		path = b.TempDir() + "/log.zip"
	}
	if _, err := os.Stat(path); err != nil {
		w, err := bundletest.New("assistance", "unqualified")
		must(b, err)
		if *probes {
			must(b, w.Probe(n, 64, 20*time.Minute))
		} else {
			must(b, w.Play(n, 64, 20*time.Minute))
		}
		w.Advance(time.Minute)
		s, err := w.Selection()
		must(b, err)
		f, err := os.Create(path)
		must(b, err)
		must(b, bundle.Write(f, w.Books(), s, nil))
		must(b, f.Close())
		keys, err := w.KeyFile()
		must(b, err)
		must(b, os.WriteFile(path+".keys", keys, 0o600))
	}
	f, err := os.Open(path)
	must(b, err)
	b.Cleanup(func() { _ = f.Close() })
	info, err := f.Stat()
	must(b, err)
	keys, err := os.ReadFile(path + ".keys")
	must(b, err)
	return f, info.Size(), keys
}

// signed is what a bare verification is given.
type signed []struct {
	key       keyring.Verifier
	message   []byte
	signature []byte
}

func signaturesOf(b *testing.B, file io.ReaderAt, size int64) signed {
	b.Helper()
	z, err := bundle.Open(file, size)
	must(b, err)
	raw, err := z.Read(bundle.NameGenesis)
	must(b, err)
	g, err := genesis.Parse(raw)
	must(b, err)
	keys := make(map[string]keyring.Verifier)
	for i := range g.Regions {
		k := g.Regions[i].Statement[0]
		keys[g.Regions[i].Code+"/"+k.ID], err = k.Verifier()
		must(b, err)
	}
	var list signed
	for _, name := range z.Names(bundle.ClassBundle) {
		body, err := z.Read(name)
		must(b, err)
		entries, err := merkle.SplitEntries(body)
		must(b, err)
		for _, e := range entries {
			leaf, err := merkle.ParseLeaf(e)
			must(b, err)
			st, err := statement.Parse(leaf.Stmt)
			must(b, err)
			list = append(list, struct {
				key       keyring.Verifier
				message   []byte
				signature []byte
			}{keys[st.Region+"/"+st.Key], bytes.Clone(st.SigningInput()), bytes.Clone(st.Signature())})
		}
	}
	return list
}

func (s signed) verify(b *testing.B, workers int) {
	chunks := make(chan signed, len(s)/bareBatch+1)
	for i := 0; i < len(s); i += bareBatch {
		chunks <- s[i:min(i+bareBatch, len(s))]
	}
	close(chunks)
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			batch := keyring.NewBatch(bareBatch)
			for chunk := range chunks {
				batch.Reset()
				for i := range chunk {
					batch.Add(chunk[i].key, chunk[i].message, chunk[i].signature)
				}
				for _, ok := range batch.Verify() {
					if !ok {
						b.Error("a signature does not verify")
					}
				}
			}
		})
	}
	wait.Wait()
}

// watchMemory notes the greatest heap until it is stopped.
func watchMemory(peak *uint64) (stop func()) {
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			*peak = max(*peak, m.HeapInuse)
			select {
			case <-tick.C:
			case <-done:
				return
			}
		}
	}()
	return func() { close(done); <-stopped }
}
