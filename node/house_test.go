package node

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "sandi.internal/gateway"

// rooms in import order: a room may import any room to its left.
var rooms = []string{"certs", "storage", "consensus", "api", "node"}

// pkg is what `go list -json` tells of one package.
type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func listPackages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Deps", module+"/...").Output()
	if err != nil {
		t.Fatalf("couldn't list the packages: %v", err)
	}
	var all []pkg
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for dec.More() {
		var p pkg
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < 20 {
		t.Fatalf("listed %d packages; the house has more", len(all))
	}
	return all
}

// room of a package of ours, or "".
func room(path string) string {
	rest, ok := strings.CutPrefix(path, module+"/")
	if !ok {
		return ""
	}
	first, _, _ := strings.Cut(rest, "/")
	return first
}

// within reports whether path is one of the folders or below one.
func within(path string, folders ...string) bool {
	rest := strings.TrimPrefix(path, module+"/")
	return slices.ContainsFunc(folders, func(f string) bool { return rest == f || strings.HasPrefix(rest, f+"/") })
}

// exclusive says which folders alone may import a library directly.
var exclusive = []struct {
	library string
	folders []string
}{
	{"github.com/cockroachdb/pebble", []string{"storage"}},
	{"github.com/hashicorp/raft", []string{"consensus/replica", "consensus/membership", "consensus/transport", "storage/raftlog"}},
	{"github.com/hashicorp/memberlist", []string{"consensus/membership"}},
	{"github.com/golang-jwt/jwt", []string{"certs/keyring", "api/auth"}},
}

// pure packages compute what all replicas must compute alike.
var pure = []string{
	"consensus/access", "consensus/genesis", "consensus/statement", "consensus/merkle", "consensus/procedure",
	"consensus/calendar", "consensus/ledger", "consensus/checkpoint", "consensus/dataset", "consensus/draw", "consensus/proficiency", "consensus/promise", "consensus/report",
}

// impure are what a pure package may not import directly.
var impure = []string{"net", "os", "math/rand", "syscall", "github.com/cockroachdb/pebble", "github.com/hashicorp/raft"}

// verifier is what an auditor runs, and all that it is made of.
var verifier = []string{"node/audit", "node/cmd/sandi-audit", "node/cli"}

// offline are what the verifier does not even link. (net itself comes with
// crypto/x509 and the flag library; nothing dials without the packages below.)
var offline = []string{
	"net/http", "crypto/tls", "github.com/cockroachdb/pebble", "github.com/hashicorp/raft", "github.com/hashicorp/memberlist",
	module + "/consensus/replica", module + "/consensus/transport", module + "/consensus/membership",
	module + "/storage/engine", module + "/storage/state", module + "/storage/raftlog", module + "/storage/vault",
}

// TestImports holds the import rules of the house.
func TestImports(t *testing.T) {
	alone := 0
	for _, p := range listPackages(t) {
		from := slices.Index(rooms, room(p.ImportPath))
		if from < 0 {
			t.Errorf("%s lies outside the five rooms", p.ImportPath)
		}
		for _, imp := range p.Imports {
			if to := slices.Index(rooms, room(imp)); to > from {
				t.Errorf("%s imports %s: imports run %s", p.ImportPath, imp, strings.Join(rooms, " < "))
			}
			for _, rule := range exclusive {
				if (imp == rule.library || strings.HasPrefix(imp, rule.library+"/")) && !within(p.ImportPath, rule.folders...) {
					t.Errorf("%s imports %s, which only %s may", p.ImportPath, imp, strings.Join(rule.folders, ", "))
				}
			}
			if within(p.ImportPath, pure...) && !within(p.ImportPath, "consensus/procedure/script") &&
				slices.ContainsFunc(impure, func(lib string) bool { return imp == lib || strings.HasPrefix(imp, lib+"/") }) {
				t.Errorf("%s imports %s: what every replica computes alike does no I/O", p.ImportPath, imp)
			}
		}
		if within(p.ImportPath, verifier...) {
			alone++
			for _, dep := range p.Deps {
				if room(dep) == "api" || slices.ContainsFunc(offline, func(lib string) bool { return dep == lib || strings.HasPrefix(dep, lib+"/") }) {
					t.Errorf("%s links %s: the verifier stands alone", p.ImportPath, dep)
				}
			}
		}
	}
	if alone != len(verifier) {
		t.Errorf("found %d of the verifier's %d packages", alone, len(verifier))
	}
}
