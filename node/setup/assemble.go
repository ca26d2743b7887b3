package setup

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/calendar/data"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/procedure/law"
	"sandi.internal/gateway/consensus/statement"
)

// Bounds of a member file: a bureau has at most a few thousand organisations.
const (
	MaxMemberBytes = 2 << 20
	maxMemberDepth = 8
)

// ProductionTimeouts fit three cities some milliseconds apart: the lease must
// exceed the longest fsync that is to be tolerated.
var ProductionTimeouts = genesis.Timeouts{HeartbeatMS: 3000, ElectionMS: 3000, LeaseMS: 2000, CommitMS: 50}

// ParseMember reads a member file strictly; the genesis checks its content.
func ParseMember(text []byte) (*Member, error) {
	var m Member
	if err := strict.Decode(text, MaxMemberBytes, maxMemberDepth, &m); err != nil {
		return nil, fmt.Errorf("not a member file: %w", err)
	}
	if m.Format != memberFormat {
		return nil, fmt.Errorf("not a member file of this version: format %q", m.Format)
	}
	return &m, nil
}

// Assemble joins member files to a draft genesis of a real network, with the law
// documents, rules and calendar that this binary ships. The draft still needs
// every region's signature.
func Assemble(name, origin string, created time.Time, members []*Member) ([]byte, error) {
	if len(members) < 2 {
		return nil, errors.New("a network needs the member files of at least two bureaus")
	}
	g := &genesis.Genesis{
		Format: genesis.Format, Name: name, Origin: origin, Clock: genesis.ClockReal,
		CreatedAt: statement.FormatAt(created.Unix()), Protocol: 1, Final: "all",
		Timeouts: ProductionTimeouts, Rules: data.Rules, Calendar: data.Workdays, Law: Law(),
	}
	for _, m := range members {
		g.Regions = append(g.Regions, m.Region)
	}
	slices.SortFunc(g.Regions, func(a, b genesis.Region) int { return strings.Compare(a.Code, b.Code) })
	return genesis.Draft(g)
}

// Law are the procedure documents that this binary ships, as a genesis takes them.
func Law() []genesis.LawText {
	var all []genesis.LawText
	for _, t := range law.Texts() {
		all = append(all, genesis.LawText{Name: t.Name, Text: t.Text})
	}
	return all
}
