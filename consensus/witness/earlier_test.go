package witness

import (
	"testing"

	"sandi.internal/gateway/consensus/checkpoint"
)

// pairs is a Store of which only the writing is needed.
type pairs map[string][]byte

func (p pairs) Get(key []byte) ([]byte, error) { return p[string(key)], nil }

func (p pairs) Set(key, value []byte, _ bool) error {
	p[string(key)] = value
	return nil
}

func (p pairs) Delete(key []byte) error {
	delete(p, string(key))
	return nil
}

func (p pairs) Scan(_, _ []byte, _ bool, _ func(key, value []byte) (bool, error)) error { return nil }

func stamped(size uint64, times ...int64) *checkpoint.Note {
	n := &checkpoint.Note{Checkpoint: checkpoint.Checkpoint{Origin: "o", Size: size}}
	for _, at := range times {
		n.Signatures = append(n.Signatures, checkpoint.Signature{Key: checkpoint.Key{Kind: checkpoint.KindCosigner, Name: "o"}, At: at})
	}
	return n
}

// Ensure no time that one cosigner of three chooses makes a note older or younger
// than the two others say, nor drops a note that is to be kept.
func TestLiarTime(t *testing.T) {
	for _, lie := range []int64{1, 1 << 36} {
		if got := stampedAt(stamped(1, 1000, lie, 1003)); got != 1000 && got != 1003 {
			t.Errorf("stamped %d with a lie of %d", got, lie)
		}
		store, e := pairs{}, earlier{}
		const hours = 300
		for h := range int64(hours) {
			for k := range int64(3) { // of which the first is kept
				if err := e.add(store, stamped(uint64(1000+3*h+k), 3600*(1000+h)+k, lie, 3600*(1000+h)+k+1)); err != nil {
					t.Fatal(err)
				}
			}
		}
		for h := range uint64(hours) {
			if store[string(earlierKey(1000+3*h))] == nil {
				t.Fatalf("a lie of %d dropped the note of hour %d", lie, h)
			}
		}
		if len(store) > hours+keepLatest {
			t.Errorf("a lie of %d keeps %d notes", lie, len(store))
		}
	}
	if got := stampedAt(stamped(1)); got != 0 {
		t.Errorf("a note that nobody cosigned is stamped %d", got)
	}
}
