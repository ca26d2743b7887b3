package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"

	"pgregory.net/rapid"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

// rounds is the length of a played log: short in every run, long in a soak.
func rounds() int {
	if os.Getenv("SANDI_SOAK") != "" {
		return 1500
	}
	if testing.Short() {
		return 60
	}
	return 200
}

// describe is a result as text, for comparing.
func describe(results []ledger.Result) string {
	text := ""
	for _, r := range results {
		refusal := ""
		if r.Refusal != nil {
			refusal = fmt.Sprintf("%+v", *r.Refusal)
		}
		r.Refusal = nil
		text += fmt.Sprintf("%+v %s\n", r, refusal)
	}
	return text
}

// Ensure one log gives one ledger: whatever the split into commands, wherever a
// replica is restarted or takes over from a snapshot, with any number of
// processors, every key of the storage and every result is the same.
func TestReplayEquivalence(t *testing.T) {
	w := newWorld(t)
	p := newPlayer(w, 1)
	var log []ledger.Command
	for range rounds() {
		log = append(log, p.play(6))
	}
	p.check()
	if s := p.standing(); s.Size < uint64(rounds()) {
		t.Fatalf("the log is too tame: %d leaves from %d commands", s.Size, rounds())
	}
	want, results := dump(p.mem), ""
	first := w.replica()
	for _, cmd := range log {
		results += describe(must(first.l.Apply(first.mem, cmd)))
	}
	if string(dump(first.mem)) != string(want) {
		t.Fatal("replayed plainly, the storage differs")
	}

	// Any restart loses the pool, too: verdicts must not depend on it.
	fresh := func(mem *ledger.Memory) *replica {
		other := *w
		other.pool = statement.NewPool(1+len(log)%3, 64)
		return other.replicaOn(mem)
	}
	for seed := range uint64(4) {
		t.Run(fmt.Sprintf("restarts %d", seed), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1 + int(seed)))
			rng := rand.New(rand.NewPCG(seed, 1))
			r, got := fresh(ledger.NewMemory()), ""
			for _, cmd := range log {
				for _, part := range split(rng, cmd) {
					got += describe(must(r.l.Apply(r.mem, part)))
					if rng.IntN(10) == 0 {
						r = fresh(r.mem.Clone())
					}
				}
			}
			if string(dump(r.mem)) != string(want) {
				t.Fatal("the storage differs")
			}
			if got != results {
				t.Fatal("the results differ")
			}
		})
	}
	t.Run("without a cache", func(t *testing.T) {
		r, got := fresh(ledger.NewMemory()), ""
		r.l.ShrinkCache()
		for _, cmd := range log {
			got += describe(must(r.l.Apply(r.mem, cmd)))
		}
		if string(dump(r.mem)) != string(want) || got != results {
			t.Fatal("the ledger differs")
		}
	})
	t.Run("replayed from leaves", func(t *testing.T) {
		r := fresh(ledger.NewMemory())
		err := p.books().Entries(0, p.standing().Size, func(_ uint64, leaf []byte) (bool, error) {
			return true, r.l.Replay(r.mem, leaf)
		})
		if err != nil {
			t.Fatal(err)
		}
		if r.standing() != p.standing() {
			t.Fatalf("got %+v, want %+v", r.standing(), p.standing())
		}
	})
}

func must(results []ledger.Result, err error) []ledger.Result {
	if err != nil {
		panic(err)
	}
	return results
}

// split cuts a command into several with the same proposal time.
func split(rng *rand.Rand, cmd ledger.Command) []ledger.Command {
	var parts []ledger.Command
	for rest := cmd.Statements; len(rest) > 0; {
		n := 1 + rng.IntN(len(rest))
		parts = append(parts, ledger.Command{ProposedAt: cmd.ProposedAt, Statements: rest[:n]})
		rest = rest[n:]
	}
	return parts
}

// Ensure that for any sequence of statements every replica ends in a ledger that
// verifies, equal to that of a replica which was restarted after every command.
func TestAnySequence(t *testing.T) {
	w := newWorld(t)
	rapid.Check(t, func(rt *rapid.T) {
		w.now = w.signed.CreatedUnix()
		p := newPlayer(w, rapid.Uint64().Draw(rt, "seed"))
		r := w.replica()
		for range rapid.IntRange(1, 12).Draw(rt, "commands") {
			cmd := p.play(rapid.IntRange(1, 8).Draw(rt, "statements"))
			must(r.l.Apply(r.mem, cmd))
			r = r.restart()
		}
		if err := p.l.Verify(p.mem); err != nil {
			rt.Fatal(err)
		}
		if !sameStorage(p.mem, r.mem) {
			rt.Fatal("a replica that was restarted after every command differs")
		}
	})
}
