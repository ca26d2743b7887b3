package ledger

import (
	"sync"
	"testing"

	"sandi.internal/gateway/consensus/procedure/law"
)

// Ensure a text is compiled once however many ask, and that what differs in one byte
// is another law.
func TestLawIsCompiledOnce(t *testing.T) {
	text := law.Texts()[0].Text + "\n# this test's own\n"
	got := make([]*Law, 8)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() {
			var err error
			if got[i], err = newLaw(text); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for i, l := range got {
		if l == nil || l != got[0] || l.Text != text {
			t.Errorf("asker %d got a law of its own", i)
		}
	}
	if other, err := newLaw(text + "\n"); err != nil || other == got[0] {
		t.Errorf("another text gives the same law (%v)", err)
	}
	for range 2 {
		if _, err := newLaw(text + "what: is this\n"); err == nil {
			t.Error("a text that does not compile is a law")
		}
	}
}

// Ensure what is kept stays within its bound, and that a text longer than the bound
// is not in the way of others.
func TestCompiledLawsAreBounded(t *testing.T) {
	c := newCompiledLaws(10)
	for _, text := range []string{"aaaa", "bbbb", "bbbb", "cccc", "a text beyond the bound", "dddd"} {
		law := &Law{Text: text}
		if c.put(law) == nil || c.get(text) == nil {
			t.Errorf("%q is not kept", text)
		}
		held := 0
		for text := range c.laws {
			held += len(text)
		}
		if held != c.bytes || (held > c.limit && len(c.laws) > 1) {
			t.Errorf("after %q: %d bytes in %d texts, counted as %d", text, held, len(c.laws), c.bytes)
		}
	}
	if c.get("aaaa") != nil || c.get("cccc") != nil {
		t.Error("nothing was forgotten")
	}
}
