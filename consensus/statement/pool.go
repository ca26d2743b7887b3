package statement

import (
	"bytes"
	"hash/maphash"
	"sync"

	"sandi.internal/gateway/certs/keyring"
)

const (
	// minChunk is the smallest batch worth a worker of its own: 64 signatures in
	// one batch cost a tenth less than in two, 16 cost as much as 23 in one.
	minChunk = 64
	// minEntries is the least memory a pool has.
	minEntries = 16
	// maxChunk bounds a batch's scratch memory (some 400 bytes per member);
	// beyond a few hundred members the cost per signature hardly falls.
	maxChunk = 512
	// bytesPerEntry is the share of a cache entry in the bound on bytes: what a
	// statement of 900 bytes takes with its parsed form. One of the largest size
	// takes 120 KiB: without a bound on bytes a flood of these would take fifty
	// times the memory.
	bytesPerEntry = 9 << 8
	// parsedFactor is the memory of a parsed statement per byte of its JWS, at
	// most: the bytes, and header and payload decoded. To it comes parsedFixed.
	parsedFactor = 2
	parsedFixed  = 512
)

// Pool parses and verifies statements, in parallel and once. It only fills
// caches: what Parse and Verify answer depends on their arguments alone, never
// on what was prefetched, by whom, or in which order. All methods may be called
// from any goroutine.
type Pool struct {
	workers  int
	seed     maphash.Seed
	parsed   *cache[uint64, *Statement] // by print
	verdicts *cache[verdictKey, bool]
	batches  sync.Pool // *keyring.Batch
}

// verdictKey is the whole input of a verdict: the statement's bytes, which name
// the algorithm, and the key. It has no pointers, so that the collector does not
// read thousands of them.
type verdictKey struct {
	hash Hash
	size uint8
	key  [keySizeMax]byte
}

// keySizeMax is the size of the longest public key: P-256, uncompressed.
const keySizeMax = 65

// NewPool makes a pool that verifies on at most workers goroutines at a time
// and remembers at most two times cacheEntries statements that were not yet
// applied (Forget) and as many verdicts, in at most 5 KiB for each of cacheEntries:
// 20 MiB for 4,096. Once all are applied about 400 bytes for each are left.
func NewPool(workers, cacheEntries int) *Pool {
	entries := max(cacheEntries, minEntries)
	return &Pool{
		workers:  max(workers, 1),
		seed:     maphash.MakeSeed(),
		parsed:   newCache[uint64, *Statement](entries, entries*bytesPerEntry),
		verdicts: newCache[verdictKey, bool](entries, entries*bytesPerEntry),
	}
}

// Parse is the package's Parse with a memory. The result is shared.
func (p *Pool) Parse(raw []byte) (*Statement, error) {
	if len(raw) > MaxBytes {
		return nil, refuse(CodeTooLarge)
	}
	at := p.print(raw)
	if st, ok := p.parsed.get(at); ok && bytes.Equal(st.Raw, raw) {
		return st, nil
	}
	st, err := Parse(raw)
	if err != nil {
		return nil, err
	}
	p.parsed.put(at, st, st.memory())
	return st, nil
}

// print finds a statement's place in the cache. It takes a tenth of the time of a
// SHA-256; that two have one print only makes Parse read the bytes again.
func (p *Pool) print(raw []byte) uint64 { return maphash.Bytes(p.seed, raw) }

// memory is what a parsed statement takes, in bytes.
func (st *Statement) memory() int { return parsedFixed + parsedFactor*len(st.Raw) }

// Forget drops the parsed form of a statement, once it is applied: it is hardly
// ever asked for again, and thousands of them are what the collector reads most.
// The verdict stays.
func (p *Pool) Forget(st *Statement) { p.parsed.drop(p.print(st.Raw)) }

// Trust remembers a statement as valid under key without checking it. It is for
// what this process has just signed with a key in its own memory: a false
// verdict here would make this replica differ from all others, so a signature
// from a device must go through Verify instead.
func (p *Pool) Trust(st *Statement, key keyring.PublicKey) {
	p.parsed.put(p.print(st.Raw), st, st.memory())
	if k, ok := verdictOf(st, key); ok {
		p.verdicts.put(k, true, 0)
	}
}

// Verify reports whether the statement's signature is valid under key: the one
// predicate of keyring for the key's algorithm, which must be the header's.
func (p *Pool) Verify(st *Statement, key keyring.PublicKey) bool {
	k, ok := verdictOf(st, key)
	if !ok {
		return false
	}
	if verdict, known := p.verdicts.get(k); known {
		return verdict
	}
	verifier, err := key.Verifier()
	verdict := err == nil && verifier.Verify(st.SigningInput(), st.Signature())
	p.verdicts.put(k, verdict, 0)
	return verdict
}

// Prefetch verifies in batches the statements whose verdicts are not yet known,
// and returns when all are. key gives the key to check each one with, and is
// called on the caller's goroutine, in order; where it answers false the
// statement is left alone. A wrong guess of the key wastes work, nothing more.
func (p *Pool) Prefetch(sts []*Statement, key func(*Statement) (keyring.PublicKey, bool)) {
	jobs := make([]job, 0, len(sts))
	for _, st := range sts {
		if st == nil {
			continue
		}
		public, ok := key(st)
		if !ok {
			continue
		}
		k, ok := verdictOf(st, public)
		if !ok {
			continue
		}
		if _, known := p.verdicts.get(k); known {
			continue
		}
		if verifier, err := public.Verifier(); err == nil {
			jobs = append(jobs, job{st, verifier, k})
		}
	}
	p.run(jobs)
}

type job struct {
	st       *Statement
	verifier keyring.Verifier
	key      verdictKey
}

// run spreads the jobs over the workers in even chunks; the caller's goroutine
// is one of them.
func (p *Pool) run(jobs []job) {
	size := min(max((len(jobs)+p.workers-1)/p.workers, minChunk), maxChunk)
	chunks := make(chan []job, len(jobs)/size+1)
	for start := 0; start < len(jobs); start += size {
		chunks <- jobs[start:min(start+size, len(jobs))]
	}
	close(chunks)
	work := func() {
		for chunk := range chunks {
			p.batch(chunk)
		}
	}
	var wait sync.WaitGroup
	for range min(p.workers, len(chunks)) - 1 {
		wait.Go(work)
	}
	work()
	wait.Wait()
}

func (p *Pool) batch(jobs []job) {
	b, _ := p.batches.Get().(*keyring.Batch)
	if b == nil {
		b = keyring.NewBatch(len(jobs))
	}
	for i := range jobs {
		b.Add(jobs[i].verifier, jobs[i].st.SigningInput(), jobs[i].st.Signature())
	}
	for i, verdict := range b.Verify() {
		p.verdicts.put(jobs[i].key, verdict, 0)
	}
	b.Reset()
	p.batches.Put(b)
}

// verdictOf is false for what no key can make valid: another algorithm than the
// key's, or a Statement that did not come from Parse.
func verdictOf(st *Statement, key keyring.PublicKey) (verdictKey, bool) {
	if !fits(st, key) {
		return verdictKey{}, false
	}
	k := verdictKey{hash: st.Hash, size: uint8(len(key.Key))}
	copy(k.key[:], key.Key)
	return k, true
}

// fits reports whether a key could have made the statement's signature.
func fits(st *Statement, key keyring.PublicKey) bool {
	return st.input != 0 && st.Alg == string(key.Alg) && len(key.Key) > 0 && len(key.Key) <= keySizeMax
}
