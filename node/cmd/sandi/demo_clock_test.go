package main

import (
	"testing"
	"time"
)

// Ensure a day means its ninth hour at the bureaus, and that nothing else is guessed.
func TestClockTime(t *testing.T) {
	for text, want := range map[string]string{
		"2025-09-25T00:05:00+08:00": "2025-09-24T16:05:00Z",
		"2025-09-24T16:05:00Z":      "2025-09-24T16:05:00Z",
		"2025-09-25":                "2025-09-25T01:00:00Z",
		"2025-9-25":                 "",
		"25.09.2025":                "",
		"2025-09-25 09:00":          "",
	} {
		got, err := clockTime(text)
		switch {
		case want == "" && err == nil:
			t.Errorf("%s was taken for %s", text, got)
		case want != "" && (err != nil || got.UTC().Format(time.RFC3339) != want):
			t.Errorf("%s: %s, %v; want %s", text, got, err, want)
		}
	}
}
