package genesis

import (
	"strconv"
	"strings"

	"sandi.internal/gateway/consensus/statement"
)

// Bounds of a genesis. China has 34 divisions of province level.
const (
	maxRegions       = 40
	maxNodes         = 9 // per region; Raft with more voters than this slows down
	maxStatementKeys = 8
	maxIssuers       = 16
	maxIssuerKeys    = 8
	maxRoots         = 8
	maxOrgs          = 4000 // per region: every county has a bureau and its teams
	maxLaws          = 64
	maxLawText       = 256 << 10
	maxTable         = 1 << 20
	maxName          = 200 // bytes

	finalAll = "all"
)

// Bounds of the timeouts in milliseconds. Raft needs lease <= heartbeat <=
// election; a minute without a leader is an outage, not a setting.
const (
	heartbeatMin, heartbeatMax = 50, 60_000
	commitMin, commitMax       = 1, 1_000
)

// check validates everything but the signatures.
func (g *Genesis) check() error {
	if err := g.checkHead(); err != nil {
		return err
	}
	if err := g.Timeouts.check(); err != nil {
		return err
	}
	seen := &identities{}
	before := ""
	for i := range g.Regions {
		r := &g.Regions[i]
		where := "region " + r.Code
		if !statement.IsRegion(r.Code) {
			return refuse(CodeForm, "region", "code is not six digits")
		}
		if r.Code <= before {
			return refuse(CodeOrder, where, "regions are not ascending by code")
		}
		before = r.Code
		if err := r.check(seen, where); err != nil {
			return err
		}
	}
	if err := g.checkQuorum(); err != nil {
		return err
	}
	return g.checkLaw()
}

func (g *Genesis) checkHead() error {
	switch {
	case g.Format != Format:
		return refuse(CodeFormat, "genesis", "format is not "+Format)
	case !isName(g.Name):
		return refuse(CodeForm, "name", "")
	case !isOrigin(g.Origin):
		return refuse(CodeForm, "origin", "printable ASCII without space and plus sign")
	case g.Clock != ClockReal && g.Clock != ClockPractice:
		return refuse(CodeForm, "clock", "neither real nor practice")
	case g.Clock == ClockPractice && !g.Synthetic:
		return refuse(CodeForm, "synthetic", "a practice clock drives sample data only")
	case g.Protocol < 1 || g.Protocol > 65535:
		return refuse(CodeForm, "protocol", "")
	case len(g.Regions) < 2 || len(g.Regions) > maxRegions:
		return refuse(CodeLimit, "regions", "from 2 to "+strconv.Itoa(maxRegions))
	}
	if _, err := statement.ParseAt(g.CreatedAt); err != nil {
		return refuse(CodeForm, "created_at", "as 2025-11-10T09:00:00+08:00")
	}
	if g.Final != finalAll {
		n, err := strconv.Atoi(g.Final)
		if err != nil || n < 2 || n > len(g.Regions) || strconv.Itoa(n) != g.Final {
			return refuse(CodeForm, "final", "all, or a number of regions from 2")
		}
	}
	return nil
}

func (t *Timeouts) check() error {
	switch {
	case t.HeartbeatMS < heartbeatMin || t.HeartbeatMS > heartbeatMax:
		return refuse(CodeLimit, "timeouts", "heartbeat_ms")
	case t.ElectionMS < t.HeartbeatMS || t.ElectionMS > heartbeatMax:
		return refuse(CodeLimit, "timeouts", "election_ms is below heartbeat_ms or above a minute")
	case t.LeaseMS < heartbeatMin/2 || t.LeaseMS > t.HeartbeatMS:
		return refuse(CodeLimit, "timeouts", "lease_ms is above heartbeat_ms")
	case t.CommitMS < commitMin || t.CommitMS > commitMax:
		return refuse(CodeLimit, "timeouts", "commit_ms")
	}
	return nil
}

// checkQuorum: every region votes, and none can commit anything alone.
func (g *Genesis) checkQuorum() error {
	quorum := g.Voters()/2 + 1
	for i := range g.Regions {
		r := &g.Regions[i]
		switch n := r.voters(); {
		case n == 0:
			return refuse(CodeQuorum, "region "+r.Code, "no voting node")
		case n >= quorum:
			return refuse(CodeQuorum, "region "+r.Code, "its nodes are a quorum")
		}
	}
	return nil
}

func (g *Genesis) checkLaw() error {
	if len(g.Law) > maxLaws {
		return refuse(CodeLimit, "law", "more than "+strconv.Itoa(maxLaws)+" documents")
	}
	before := ""
	for _, law := range g.Law {
		where := "law " + law.Name
		switch {
		case !statement.IsField(law.Name):
			return refuse(CodeForm, "law", "name")
		case law.Name <= before:
			return refuse(CodeOrder, where, "documents are not ascending by name")
		case law.Text == "" || len(law.Text) > maxLawText:
			return refuse(CodeLimit, where, "text is empty or too long")
		}
		before = law.Name
	}
	if len(g.Rules) > maxTable || len(g.Calendar) > maxTable {
		return refuse(CodeLimit, "rules and calendar", "longer than one MiB")
	}
	return nil
}

// isName: text that people read, on one line.
func isName(s string) bool {
	return s != "" && len(s) <= maxName && statement.CheckText(s) && !strings.ContainsAny(s, "\n\t")
}

// isOrigin: C2SP tlog-checkpoint origin; it is also a note key name, which has
// neither white space nor a plus sign.
func isOrigin(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] >= 0x7f || s[i] == '+' {
			return false
		}
	}
	return s != "" && len(s) <= maxName
}
