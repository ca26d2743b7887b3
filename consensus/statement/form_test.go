package statement

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"
	"pgregory.net/rapid"
)

// TestClockAgainstTime: the hand-written calendar is the standard library's.
func TestClockAgainstTime(t *testing.T) {
	beijing := time.FixedZone("CST", zoneSecond)
	first := time.Date(yearMin, 1, 1, 0, 0, 0, 0, beijing).Unix()
	last := time.Date(yearMax, 12, 31, 23, 59, 59, 0, beijing).Unix()
	rapid.Check(t, func(t *rapid.T) {
		unix := rapid.Int64Range(first, last).Draw(t, "unix")
		want := time.Unix(unix, 0).In(beijing).Format(time.RFC3339)
		if got := FormatAt(unix); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
		if back, err := ParseAt(want); err != nil || back != unix {
			t.Fatalf("%s: got %d, %v", want, back, err)
		}
	})
	for _, edge := range []int64{first, last} {
		if back, err := ParseAt(FormatAt(edge)); err != nil || back != edge {
			t.Errorf("%d: got %d, %v", edge, back, err)
		}
	}
	for _, beyond := range []int64{first - 1, last + 1, 0, -1 << 40} {
		if _, err := ParseAt(FormatAt(beyond)); err == nil {
			t.Errorf("%s accepted", FormatAt(beyond))
		}
	}
	for _, bad := range []string{
		"", "2025-11-10", "2025-11-10T09:00:00", "2025-11-10 09:00:00+08:00", "2025-13-01T00:00:00+08:00", "2025-00-01T00:00:00+08:00",
		"2025-11-31T00:00:00+08:00", "2023-02-29T00:00:00+08:00", "2100-02-29T00:00:00+08:00", "2025-11-00T00:00:00+08:00",
		"2025-11-10T24:00:00+08:00", "2025-11-10T09:60:00+08:00", "2025-11-10T09:00:60+08:00", "2025-11-10T09:00:00+09:00",
		"2025-11-10T09:00:00-08:00", "+025-11-10T09:00:00+08:00", "2025-1 -10T09:00:00+08:00", "２025-11-10T09:00:00+08:00",
	} {
		if _, err := ParseAt(bad); err == nil {
			t.Errorf("%q accepted", bad)
		}
	}
}

// TestIDs: CheckID accepts what NewID makes and nothing that has two spellings.
func TestIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMilli(rapid.Int64Range(0, 1<<47).Draw(t, "ms"))
		id := NewID(at, rand.Reader)
		if err := CheckID(id); err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		if IDTime(id) != at.UnixMilli() {
			t.Fatalf("%s: time %d", id, IDTime(id))
		}
		// One changed character: accepted only when it is another ULID.
		i := rapid.IntRange(0, 25).Draw(t, "i")
		c := rapid.Byte().Draw(t, "c")
		changed := id[:i] + string([]byte{c}) + id[i+1:]
		parsed, err := ulid.ParseStrict(changed)
		canonical := err == nil && parsed.String() == changed
		if (CheckID(changed) == nil) != canonical {
			t.Fatalf("%q: got %v", changed, CheckID(changed))
		}
	})
}

func TestForms(t *testing.T) {
	for _, c := range []struct {
		name    string
		form    func(string) bool
		good    []string
		refused []string
	}{
		{"region", IsRegion, []string{"110000", "130000"}, []string{"", "010000", "11000", "1100000", "11000a", "１10000"}},
		{"org", IsOrg, []string{"120114-SJ", "110000-ZF", "130600-Z2"}, []string{"", "120114", "120114-", "120114-S", "120114-sj", "120114_SJ", "120114-2J", "120114-SJ ", "120114-ABCDEFGHI"}},
		{"key", IsKeyID, []string{"a", "st-2026.1", strings.Repeat("a", 64)}, []string{"", "-a", ".a", "A", "a b", "a/b", strings.Repeat("a", 65), "a\x00"}},
		{"role", IsRole, []string{"clerk", "unit_head"}, []string{"", "a", "_a", "Clerk", "unit head", "a1"}},
		{"person", IsPerson, []string{strings.Repeat("A", 22)}, []string{"", strings.Repeat("A", 21), strings.Repeat("A", 21) + "B", strings.Repeat("A", 21) + "+"}},
		{"digest", IsDigest, []string{strings.Repeat("A", 43), testNetwork}, []string{"", strings.Repeat("A", 42), strings.Repeat("A", 42) + "B", strings.Repeat("A", 44)}},
		{"commitment", IsCommitment, []string{testCommitment}, []string{"", testNetwork, "sc2." + testNetwork, testCommitment + "A"}},
		{"record", IsRecordID, []string{"CT-120000-2025-000018", "MA-110000-2026-123456789012"}, []string{"", "CT-120000-2025-18", "ct-120000-2025-000018", "CTX-120000-2025-000018", "CT-120000-25-000018", "CT-120000-2025-1234567890123", "CT-020000-2025-000018", "CT-120000-2025-00001x"}},
		{"field", IsField, []string{"a", "doc_no", "x9"}, []string{"", "9x", "_a", "Doc", "a-b", "a.b", strings.Repeat("a", 65)}},
		{"issuer", IsIssuer, []string{testIssuer, "https://id.scjgj.example.cn:8443/realms/main"}, []string{"", "https://", "http://a", "https:///a", "https://a/", "https://A", "https://a?b", "https://a#b", "https://u@a", "https://a b", "https://" + strings.Repeat("a", 250)}},
		{"kind", isKind, []string{"record.open", "key.add_x"}, []string{"", "record", ".open", "record.", "a.b.c", "Record.open", "record open", strings.Repeat("a", 40) + ".b"}},
		{"text", CheckText, []string{"", "津市监移〔2025〕18号\n\t x", "é𠮷", "葛\U000E0100"}, []string{"\x00", "\r", "\x7f", "\u0085", "\u202e", "\u200b", "\ufeff", "\xff", "\xed\xa0\x80", "\U000E0041", "\U0001fffe"}},
	} {
		for _, s := range c.good {
			if !c.form(s) {
				t.Errorf("%s: %q refused", c.name, s)
			}
		}
		for _, s := range c.refused {
			if c.form(s) {
				t.Errorf("%s: %q accepted", c.name, s)
			}
		}
	}
}

// TestHashText: one spelling, both ways.
func TestHashText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h Hash
		copy(h[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "hash"))
		back, err := ParseHash(h.String())
		if err != nil || back != h {
			t.Fatalf("%s: %v", h, err)
		}
	})
	for _, bad := range []string{"", testNetwork[:42] + "\n", testNetwork + "=", testNetwork[:42] + next(testNetwork[42])} {
		if _, err := ParseHash(bad); err == nil {
			t.Errorf("%q accepted", bad)
		}
	}
}

// TestKnown: the protocol decides, and knows exactly the declared kinds.
func TestKnown(t *testing.T) {
	for _, kind := range kinds {
		if !Known(1, kind, 1) || Known(0, kind, 1) || Known(1, kind, 2) || Known(1, kind, 0) {
			t.Errorf("%s", kind)
		}
		if !isKind(kind) {
			t.Errorf("%s has no form", kind)
		}
	}
	for _, kind := range []string{"", "vote.cast", "record.Open", "key.add "} {
		if Known(1, kind, 1) || IsGovernance(kind) {
			t.Errorf("%q known", kind)
		}
	}
	for _, role := range TokenRoles {
		if !IsRole(role) {
			t.Errorf("role %q has no form", role)
		}
	}
	if IsTokenRole(RoleNode) || IsTokenRole(RoleGovernance) {
		t.Error("a token could act as a node or as the governance key")
	}
}
