package account

import (
	"errors"
	"strings"
	"testing"
)

// Ensure the commonest passwords and the account's own names are not taken, and
// sentences in both languages are.
func TestAcceptable(t *testing.T) {
	for password, want := range map[string]error{
		"12345678901": ErrShort, "三个字": ErrShort, strings.Repeat("字", 129): ErrLong, "bad \xff utf-8 text": ErrShort,
		"123456789012": ErrCommon, "Password1234": ErrCommon, "P@ssw0rd2026!": ErrCommon, "Admin@123456": ErrCommon, "qwertyuiop123": ErrCommon, "1qaz2wsx3edc": ErrCommon,
		"aaaaaaaaaaaaaa": ErrCommon, "woaini1314520": ErrCommon, "Wangxiaoming1": ErrCommon, "ｐａｓｓｗｏｒｄ1234": ErrCommon, "120000-SJ-2026": ErrCommon, "abababababab": ErrCommon,
		"seven goats on a wall": nil, "春天的第一场雨落在了运河上": nil, "x7#kQ!v9Zr@w": nil, strings.Repeat("字句不同长短合适", 16): nil,
	} {
		if err := acceptable(password, "wangxiaoming", "120000-SJ"); !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%q: %v, want %v", password, err, want)
		}
	}
	seen := map[string]bool{}
	for range 100 {
		p := initial()
		if seen[p] || acceptable(p) != nil {
			t.Errorf("initial password %q", p)
		}
		seen[p] = true
	}
}

func BenchmarkHash(b *testing.B) {
	for b.Loop() {
		hashOf("seven goats on a wall")
	}
}
