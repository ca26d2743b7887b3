package bundletest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/storage/commitment"
)

// matter is one request for assistance on its way.
type matter struct {
	from, to string // regions
	number   int
	step     int
	id, head string
}

// steps are the acts that follow the opening, in order.
var steps = []struct {
	event, role, fields string // {n}: number, {org}: the assisting organisation, {payload}: a commitment
	other               bool   // done by the assisting side
}{
	{"approve", "bureau_head", `{}`, false},
	{"send", "liaison", `{"assistant_org":"{org}","doc_no":"合市监协查〔2025〕{n}号","payload_root":"{payload}"}`, false},
	{"receive", "node", `{"payload_check":"{payload}"}`, true},
	{"take_up", "unit_head", `{"handlers":[{"cert_no":"津W-0201","person":"孙*"},{"cert_no":"津W-0202","person":"李*"}]}`, true},
	{"reply", "bureau_head", `{"reply_doc_no":"合市监协复〔2025〕{n}号","answers":[{"no":1,"result":"answered"},{"no":2,"result":"partly","note":"铭牌已磨损"}],"collection_method":"现场检查、提取书证"}`, true},
	{"acknowledge", "liaison", `{"usable":[{"no":1,"usable":true},{"no":2,"usable":false,"note":"图像不清"}]}`, false},
}

// Play lets the bureaus work until n more entries stand: open matters at a time,
// one act each per command, pace between two commands.
func (w *World) Play(n, open int, pace time.Duration) error {
	for n > 0 {
		w.Advance(pace)
		if len(w.matters) > open {
			w.matters = w.matters[:open]
		}
		var batch []*matter
		cmd := ledger.Command{ProposedAt: w.Now * 1000}
		for len(batch) < min(open, n) {
			if w.next %= open; w.next == len(w.matters) {
				w.matters = append(w.matters, w.newMatter())
			} else if w.matters[w.next].step > len(steps) {
				w.matters[w.next] = w.newMatter()
			}
			m := w.matters[w.next]
			w.next++
			raw, err := w.act(m)
			if err != nil {
				return err
			}
			batch, cmd.Statements = append(batch, m), append(cmd.Statements, raw)
		}
		results, err := w.Ledger.Apply(w.Memory, cmd)
		if err != nil {
			return err
		}
		for i, r := range results {
			if r.Status != ledger.Committed {
				return fmt.Errorf("step %d of a matter was refused: %+v", batch[i].step, *r.Refusal)
			}
			m := batch[i]
			if m.step == 0 {
				w.Records = append(w.Records, r.Record)
			}
			m.id, m.head = r.Record, r.RecordHead
			m.step++
		}
		n -= len(batch)
	}
	return nil
}

// Probe writes n entries of the kind that the whole-system benchmark repeats: a
// record is opened, and nothing more becomes of it.
func (w *World) Probe(n, batch int, pace time.Duration) error {
	for n > 0 {
		w.Advance(pace)
		var list [][]byte
		for range min(batch, n) {
			w.begun++
			regions := w.Signed.Regions
			from, to := regions[w.begun%len(regions)].Code, regions[(w.begun+1)%len(regions)].Code
			body := statement.OpenBody{Procedure: "unqualified", Fields: fmt.Appendf(nil, probe, to, w.begun)}
			raw, err := w.SignStatement(w.Payload(from, statement.KindRecordOpen, "clerk", body.Marshal()))
			if err != nil {
				return err
			}
			list = append(list, raw)
		}
		if _, err := w.Commit(list...); err != nil {
			return err
		}
		n -= len(list)
	}
	return nil
}

const probe = `{"batch_no":"20250611","model":"S-1","place_kind":"producer_store","producer_division":"%[1]s",` +
	`"producer_name":"合成生产者","product_name":"合成样品","sample_no":"SYN-%[2]d","sampled_on":"2025-08-19","sampling_level":"provincial"}`

func (w *World) newMatter() *matter {
	codes := make([]string, 0, len(w.keys))
	for i := range w.Signed.Regions {
		codes = append(codes, w.Signed.Regions[i].Code)
	}
	w.begun++
	n := w.begun
	return &matter{number: n, from: codes[n%len(codes)], to: codes[(n+1+n/len(codes)%2)%len(codes)]}
}

// act makes the next statement of a matter.
func (w *World) act(m *matter) ([]byte, error) {
	if m.step == 0 {
		return w.opening(m)
	}
	s := steps[m.step-1]
	region := m.from
	if s.other {
		region = m.to
	}
	payload := sha256.Sum256(fmt.Appendf(nil, "payload %d", m.number))
	fields := strings.NewReplacer("{n}", strconv.Itoa(m.number), "{org}", district(m.to), "{payload}", commitment.Commitment(payload).String()).Replace(s.fields)
	body := statement.ActBody{Event: s.event, Fields: []byte(fields)}
	if s.event == "reply" {
		body.Home, body.Private = []string{"answer_text"}, w.commit("answer", m.number)
	}
	p := w.Payload(region, statement.KindRecordAct, s.role, body.Marshal())
	p.Record, p.Prev = m.id, m.head
	p.Actor.Org = district(region)
	return w.SignStatement(p)
}

func (w *World) opening(m *matter) ([]byte, error) {
	fields := fmt.Sprintf(`{"case_file_no":"合市监立〔2025〕%d号","fieldwork":true,"legal_basis":["程序规定 第45条","行政处罚法 第26条"],`+
		`"matters":[{"kind":"trade_ledger","no":1,"question":"请提供该销售者的进货台账和票据。"},{"kind":"identify_product","no":2,"question":"请拍摄产品铭牌和包装标签。"}],`+
		`"proposed_assistant":%q}`, m.number, district(m.to))
	body := statement.OpenBody{
		Procedure: "assistance", Fields: []byte(fields), Commits: map[string]string{"contact": w.commit("contact", m.number)},
		Home: []string{"background"}, Private: w.commit("background", m.number),
	}
	p := w.Payload(m.from, statement.KindRecordOpen, "clerk", body.Marshal())
	p.Actor.Org = district(m.from)
	return w.SignStatement(p)
}

// maxOpenings keeps a large world from holding what nobody asks for.
const maxOpenings = 1000

// commit makes a commitment that the world can open.
func (w *World) commit(what string, n int) string {
	content := fmt.Appendf(nil, "（合成）%s %d", what, n)
	salt := commitment.Salt(sha256.Sum256(append([]byte("salt "), content...)))
	c := commitment.Compute(salt, uint64(len(content)), sha256.Sum256(content)).String()
	if len(w.Openings) < maxOpenings {
		w.Openings[c] = bundle.Opening(salt, content)
	}
	return c
}

// Payload fills in what every statement carries.
func (w *World) Payload(region, kind, role string, body []byte) statement.Payload {
	w.ids++
	entropy := make([]byte, 10)
	binary.BigEndian.PutUint64(entropy[2:], w.ids)
	p := statement.Payload{
		Network: w.Signed.Network(), Kind: kind, V: statement.Version, ID: statement.NewID(time.Unix(w.Now, 0), bytes.NewReader(entropy)), Region: region,
		At: statement.FormatAt(w.Now), Actor: statement.Actor{Role: role, Org: bureau(region)}, Request: statement.RequestDigest(body), Body: body,
	}
	if role != statement.RoleNode && role != statement.RoleGovernance {
		sum := sha256.Sum256([]byte(region + role))
		p.Actor.Person = strict.B64(sum[:16])
	}
	return p
}

// SignStatement signs with the region's statement or governance key.
func (w *World) SignStatement(p statement.Payload) ([]byte, error) { return w.SignAs(p.Region, p) }

// SignAs signs with the key of a region that need not be the statement's own.
func (w *World) SignAs(region string, p statement.Payload) ([]byte, error) {
	k := w.keys[region].statement
	if statement.IsGovernance(p.Kind) {
		k = w.keys[region].governance
	}
	raw, _, err := statement.Sign(k, p)
	return raw, err
}

// Commit applies statements that have to stand.
func (w *World) Commit(statements ...[]byte) ([]ledger.Result, error) {
	results, err := w.Ledger.Apply(w.Memory, ledger.Command{ProposedAt: w.Now * 1000, Statements: statements})
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(results, func(r ledger.Result) bool { return r.Status != ledger.Committed }); i >= 0 {
		return nil, fmt.Errorf("statement %d was refused: %+v", i, *results[i].Refusal)
	}
	return results, nil
}

// Seal lets a region's node seal yesterday, on a checkpoint of the ledger as it
// stands that all regions signed: one entry.
func (w *World) Seal(region string) error {
	note, err := w.Note()
	if err != nil {
		return err
	}
	standing, err := w.Books().Standing()
	if err != nil {
		return err
	}
	books := w.Books()
	body := statement.SealBody{
		Day: (calendar.DayOf(w.Now) - 1).String(), Checkpoint: note, State: statement.Hash(standing.StateDigest).String(), Calendar: books.Calendar().Version, Rules: books.Rules().Version,
	}
	raw, err := w.SignStatement(w.Payload(region, statement.KindLedgerSeal, statement.RoleNode, body.Marshal()))
	if err != nil {
		return err
	}
	_, err = w.Commit(raw)
	return err
}

// Govern commits what a region's governance key says.
func (w *World) Govern(region, kind string, body []byte) (id string, err error) {
	p := w.Payload(region, kind, statement.RoleGovernance, body)
	raw, err := w.SignStatement(p)
	if err == nil {
		_, err = w.Commit(raw)
	}
	if err != nil {
		return "", fmt.Errorf("couldn't %s: %w", kind, err)
	}
	return p.ID, nil
}

// Rotate gives a region a new statement key and revokes the old one: three
// entries. What follows is signed with the new key.
func (w *World) Rotate(region, id string) error {
	fresh, err := keyring.Generate(keyring.EdDSA, keyring.UseStatement, id)
	if err != nil {
		return err
	}
	proven, err := statement.Prove(fresh, w.Signed.Network(), region, "")
	if err != nil {
		return err
	}
	old := w.keys[region].statement.Public().ID
	for _, s := range []struct {
		kind string
		body []byte
	}{
		{statement.KindKeyAdd, statement.KeyAddBody{Proven: proven}.Marshal()},
		{statement.KindKeyActivate, statement.KeyBody{Key: id}.Marshal()},
		{statement.KindKeyRevoke, statement.KeyBody{Key: old, Reason: "replaced"}.Marshal()},
	} {
		if _, err := w.Govern(region, s.kind, s.body); err != nil {
			return err
		}
	}
	w.keys[region].statement = fresh
	return nil
}

// Selection is the whole log as it stands, or with records or a range a part,
// on a checkpoint that all regions signed.
func (w *World) Selection() (bundle.Selection, error) {
	note, err := w.Note()
	if err != nil {
		return bundle.Selection{}, err
	}
	at, err := w.Checkpoint()
	if err != nil {
		return bundle.Selection{}, err
	}
	policy, err := w.Ledger.PolicyFileAt(at.Size)
	return bundle.Selection{Note: note, Genesis: w.File, Policy: policy}, err
}

// Write writes a bundle into memory.
func (w *World) Write(s bundle.Selection) ([]byte, error) {
	var out bytes.Buffer
	err := bundle.Write(&out, w.Books(), s, nil)
	return out.Bytes(), err
}
