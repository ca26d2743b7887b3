package demo

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/certs/devca"
	"sandi.internal/gateway/consensus/statement"
)

// Ensure what can be tried is shown of a network that stays, and not of one that ends
// with the play.
func TestTerminalReady(t *testing.T) {
	for _, ends := range []bool{false, true} {
		var out strings.Builder
		n := &Network{Dir: "/elsewhere", Network: &devca.Network{Regions: []*devca.Region{{Code: "110000"}}}}
		Terminal{W: &out, Lang: "en", Ends: ends}.Ready(n, time.Second)
		if strings.Contains(out.String(), "SANDI_TOKEN") == ends || !strings.Contains(out.String(), "110000") {
			t.Errorf("ends %t:\n%s", ends, out.String())
		}
	}
}

// TestRolesInChinese ensures that every office has its name, which the console shows, too.
func TestRolesInChinese(t *testing.T) {
	for _, role := range slices.Concat(statement.TokenRoles[:], auth.Administrators[:]) {
		if got := (Terminal{Lang: "zh"}).role(role); got == role {
			t.Errorf("the role %s has no Chinese name", role)
		}
	}
}

// Ensure what is proposed for a second terminal names the folder, when it is not the usual one.
func TestTerminalStaying(t *testing.T) {
	for dir, named := range map[string]bool{DefaultDir(): false, "/elsewhere": true} {
		var out strings.Builder
		Terminal{W: &out, Lang: "en"}.Staying(&Network{Dir: dir, Network: &devca.Network{Regions: []*devca.Region{{Code: "110000"}}}}, nil)
		for _, command := range []string{"demo link --region 110000 --role clerk", "demo kill-leader"} {
			if got := strings.Contains(out.String(), command+" --dir "+dir); got != named {
				t.Errorf("%s in %s: folder named: %v", command, dir, got)
			}
		}
	}
}
