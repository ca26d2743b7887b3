package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

// player writes a log of many kinds of statements, good and bad, the same for
// one seed. It keeps a replica of its own to know what is possible.
type player struct {
	*replica
	rng   *rand.Rand
	open  []string // records
	past  [][]byte // statements to repeat
	spare int      // keys added
}

func newPlayer(w *world, seed uint64) *player {
	return &player{replica: w.replica(), rng: rand.New(rand.NewPCG(seed, 7))}
}

// play makes one command of up to most statements and applies it.
func (p *player) play(most int) ledger.Command {
	p.w.now += p.rng.Int64N(3600)
	if p.rng.IntN(12) == 0 {
		p.w.now += 86400 * p.rng.Int64N(6)
	}
	cmd := ledger.Command{ProposedAt: p.w.now*1000 - p.rng.Int64N(5000) + p.rng.Int64N(1000)}
	for range p.rng.IntN(most + 1) {
		cmd.Statements = append(cmd.Statements, p.statement())
	}
	results, err := p.l.Apply(p.mem, cmd)
	if err != nil {
		p.w.t.Fatal(err)
	}
	for i, res := range results {
		if res.Status == ledger.Committed && !res.Duplicate && res.Record != "" && !slices.Contains(p.open, res.Record) {
			p.open = append(p.open, res.Record)
		}
		if p.rng.IntN(8) == 0 {
			p.past = append(p.past, cmd.Statements[i])
		}
	}
	return cmd
}

// statement makes one statement: mostly what an honest bureau would send now.
func (p *player) statement() []byte {
	region := regions[p.rng.IntN(len(regions))]
	switch n := p.rng.IntN(20); {
	case n < 4 || len(p.open) == 0:
		return p.opening(region)
	case n == 5 && len(p.past) > 0:
		return p.past[p.rng.IntN(len(p.past))]
	case n == 6:
		return p.damaged(region)
	case n == 7:
		return p.governing(region)
	}
	return p.acting()
}

func (p *player) opening(region string) []byte {
	other := regions[p.rng.IntN(len(regions))]
	for other == region && p.rng.IntN(10) > 0 {
		other = regions[p.rng.IntN(len(regions))]
	}
	if p.rng.IntN(3) == 0 {
		subject := ""
		if len(p.open) > 0 {
			subject = fmt.Sprintf(`,"subject":%q`, p.open[p.rng.IntN(len(p.open))])
		}
		return p.w.open(region, "officer", "errand", fmt.Sprintf(`{"helper_org":"%s-SJ","question":"第%d问"%s}`, other, p.rng.IntN(1000), subject))
	}
	return p.w.open(region, "clerk", "handover", fmt.Sprintf(`{"case_no":"案〔2025〕%d号","receiver_org":"%s-SJ","summary":"合成 %d"}`, p.rng.IntN(60), other, p.rng.IntN(9)))
}

// moves are events with the roles and fields they take.
var moves = []struct {
	event, role, fields string
	second              bool // by the receiver or helper
}{
	{"approve", "bureau_head", `{}`, false},
	{"send", "liaison", `{"doc_no":"移〔2025〕%d号"}`, false},
	{"receive", "node", `{"payload_check":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}`, true},
	{"accept", "liaison", `{}`, true},
	{"object", "bureau_head", `{"reason":"不属于本局管辖 %d"}`, true},
	{"agree", "bureau_head", `{"agreement_ref":"协-001"}`, false},
	{"annotate", "clerk", `{"note":"备注 %d"}`, false},
	{"lapse", "node", `{}`, false},
	{"close", "bureau_head", `{}`, true},
	{"cancel", "bureau_head", `{"reason":"重复 %d"}`, false},
	{"answer", "officer", `{"answer":"答 %d"}`, true},
}

// acting moves a record that exists, on its present head: half of the time by an
// event that its state allows.
func (p *player) acting() []byte {
	recent := p.open[max(0, len(p.open)-12):]
	id := recent[p.rng.IntN(len(recent))]
	record, err := p.books().Record(id)
	if err != nil || record == nil {
		return p.opening(beijing)
	}
	if final := map[string]bool{"closed": true, "cancelled": true, "answered": true}; final[record.State] && p.rng.IntN(5) > 0 {
		return p.opening(record.Owner)
	}
	m := moves[p.rng.IntN(len(moves))]
	for range 60 {
		if likely[record.State+" "+m.event] {
			break
		}
		m = moves[p.rng.IntN(len(moves))]
	}
	region := record.Owner
	party := record.Parties["receiver"]
	if record.Procedure == "errand" {
		party = record.Parties["helper"]
	}
	if m.second || (m.event == "agree" && len(record.Joint) > 0) {
		region = party.Region
	}
	if m.event == "lapse" || p.rng.IntN(10) == 0 {
		region = regions[p.rng.IntN(len(regions))]
	}
	fields := m.fields
	if n := p.rng.IntN(90); len(fields) > 2 && fields[len(fields)-3] != '1' && m.event != "receive" {
		fields = fmt.Sprintf(fields, n)
	}
	head := record.Head
	if p.rng.IntN(15) == 0 {
		head = statement.Hash{1}.String()
	}
	return p.w.act(region, m.role, id, head, m.event, fields)
}

var likely = map[string]bool{
	"draft approve": true, "draft annotate": true, "approved send": true, "sent receive": true, "received accept": true,
	"received object": true, "received lapse": true, "objected agree": true, "verifying close": true, "verifying annotate": true,
	"lapsed close": true, "asked answer": true, "sent cancel": true,
}

// damaged is what an enemy or a broken node would send.
func (p *player) damaged(region string) []byte {
	raw := p.opening(region)
	switch p.rng.IntN(6) {
	case 0:
		raw[p.rng.IntN(len(raw))] ^= 1 << p.rng.IntN(7)
		return raw
	case 1:
		return raw[:p.rng.IntN(len(raw))]
	case 2:
		return make([]byte, p.rng.IntN(100))
	case 3:
		return p.w.sign(p.w.seeded(999, keyring.UseStatement, "st-1"), p.w.payload(region, statement.KindRecordOpen, "clerk", []byte(`{}`)))
	case 4:
		pl := p.w.payload(region, "record.open", "clerk", statement.OpenBody{Procedure: "handover"}.Marshal())
		pl.V = 2
		return p.w.sign(p.w.keys[region], pl)
	}
	pl := p.w.payload(region, "record.open", "clerk", statement.OpenBody{Procedure: "handover"}.Marshal())
	pl.At = statement.FormatAt(p.w.now - 86400*p.rng.Int64N(60))
	return p.w.sign(p.w.keys[region], pl)
}

// governing changes keys, issuers and tokens without ever locking a region out.
func (p *player) governing(region string) []byte {
	issuer := issuerOf(region)
	switch p.rng.IntN(6) {
	case 0:
		p.spare++
		return p.w.addKey(region, p.w.key(keyring.UseStatement, fmt.Sprintf("st-%d", 10+p.spare)), "", p.rng.IntN(2) == 0)
	case 1:
		return p.w.turnKey(region, statement.KindKeyActivate, fmt.Sprintf("st-%d", 10+p.rng.IntN(p.spare+1)))
	case 2:
		return p.w.turnKey(region, statement.KindKeyRevoke, fmt.Sprintf("st-%d", 10+p.rng.IntN(p.spare+1)))
	case 3:
		return p.w.govern(region, statement.KindRoleGrant, statement.RoleBody{Issuer: issuer, Roles: []string{statement.TokenRoles[p.rng.IntN(len(statement.TokenRoles))]}}.Marshal())
	case 4:
		return p.w.govern(region, statement.KindRoleRevoke, statement.RoleBody{Issuer: issuer, Roles: []string{statement.TokenRoles[p.rng.IntN(len(statement.TokenRoles))]}}.Marshal())
	}
	return p.w.govern(region, statement.KindTokenRevoke, statement.TokenRevokeBody{Issuer: issuer, JTI: fmt.Sprint(p.rng.IntN(20))}.Marshal())
}
