package procedure_test

import (
	"os"
	"strings"
	"testing"
)

// Ensure a node is asked to state a draw's outcome only where it can, and nothing
// else.
func TestRankRefuses(t *testing.T) {
	text, err := os.ReadFile("law/draw.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := compile(string(text)); err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]struct{ from, to, want string }{
		"by a person":   {"joint: {by: [any.node], n: 2, same", "joint: {by: [any.clerk], n: 2, same", "done by a node"},
		"less":          {"    require: [seed, ranking_hash, selected, reserves]\n    auto", "    require: [seed, ranking_hash, selected]\n    optional: [reserves]\n    auto", "wants the clear field reserves"},
		"more":          {"    require: [seed, ranking_hash, selected, reserves]\n    auto", "    require: [seed, ranking_hash, selected, reserves, draw_no]\n    auto", "nothing else"},
		"not in clear":  {"seed: {type: hash, see: clear", "seed: {type: hash, see: commit", "seed"},
		"another type":  {"ranking_hash: {type: hash,", "ranking_hash: {type: string,", "ranking_hash of type hash"},
		"unknown: none": {"auto: rank", "auto: ranking", "auto is one of"},
	} {
		if !strings.Contains(string(text), v.from) {
			t.Fatalf("%s: the document has no %q", name, v.from)
		}
		if err := compile(strings.Replace(string(text), v.from, v.to, 1)); err == nil || !strings.Contains(err.Error(), v.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
