package demo

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/genesis"
)

// Ensure a demo whose port another program has says so, and starts no node: it would
// speak to that program instead.
func TestPortTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	n, err := Found(Options{Dir: filepath.Join(t.TempDir(), "demo"), Clock: genesis.ClockPractice, Start: time.Date(2025, 9, 1, 0, 0, 0, 0, time.UTC), PortBase: port - publicPort})
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(t.TempDir(), "absent") // starting it would be another error
	err = newSupervisor(n, binary, nil).startAll(t.Context())
	if err == nil || !strings.Contains(err.Error(), taken.Addr().String()+" is taken") || !strings.Contains(err.Error(), "--port-base") {
		t.Errorf("%v", err)
	}
}

// Ensure a link is made for nobody whom the node would turn away.
func TestSignInLinkChecked(t *testing.T) {
	n, err := Found(Options{Dir: filepath.Join(t.TempDir(), "demo"), Clock: genesis.ClockPractice, Start: time.Date(2025, 9, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		a    Actor
		want string
	}{
		{Actor{Region: "120000", Org: "120000-SJ", Role: "clerk", Person: "p"}, ""},
		{Actor{Region: "120000", Org: "120114-SJ", Role: "audit_admin", Person: "p"}, ""},
		{Actor{Region: "120000", Org: "120000-SJ", Role: "king", Person: "p"}, `no role "king"`},
		{Actor{Region: "120000", Org: "110000-SJ", Role: "clerk", Person: "p"}, `no organisation "110000-SJ" in region 120000`},
		{Actor{Region: "990000", Org: "990000-SJ", Role: "clerk", Person: "p"}, `no region "990000"`},
	} {
		_, err := n.SignInLink(c.a)
		if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.a, err)
		}
	}
	links, err := os.ReadDir(filepath.Join(n.Dir, "120000", linksDir))
	if err != nil || len(links) != 2 {
		t.Errorf("%d links, %v", len(links), err)
	}
	for _, base := range []int{-logPort, maxPortBase + 1} {
		_, err := Found(Options{Dir: filepath.Join(t.TempDir(), "demo"), Clock: genesis.ClockPractice, PortBase: base})
		if err == nil || !strings.Contains(err.Error(), "--port-base") {
			t.Errorf("--port-base %d: %v", base, err)
		}
	}
}
