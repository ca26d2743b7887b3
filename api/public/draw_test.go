package public_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/draw"
	"sandi.internal/gateway/consensus/statement"
)

// putText brings a pool or a rule in.
func (d *door) putText(text []byte) v1.DrawText {
	d.t.Helper()
	w := d.do("PUT", "/v1/draws/texts", string(text), "Content-Type", "application/octet-stream")
	var got v1.DrawText
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusCreated {
		d.t.Fatalf("%d %s", w.Code, w.Body)
	}
	return got
}

// contender is a region's draw key, registered under its governance key.
func contender(t *testing.T, n *solo.Network, region string, seed byte, d *door) keyring.Signer {
	t.Helper()
	key, err := keyring.DrawKeyFromSeed("draw-1", bytes.Repeat([]byte{seed}, 32))
	if err != nil {
		t.Fatal(err)
	}
	proven, err := statement.Prove(key, n.Genesis.Network(), region, "")
	if err != nil {
		t.Fatal(err)
	}
	d.governed(statement.KindKeyAdd, statement.KeyAddBody{Proven: proven, Active: true}.Marshal())
	return key
}

// agreedPlan brings a plan of all three regions to its draws.
func agreedPlan(beijing *door, heads ...*door) string {
	list := beijing.open("checklist", "clerk", `{"checklist_no":"QD-1","edition":"1","scene":"eco_environment","items":[{"id":"1","text":"原始记录","clause":"第11条"}],"shared_with":["120000-SJ"]}`)
	head := beijing.as(solo.Someone(solo.Beijing, "head", "bureau_head"))
	head.act(list.Record, list.Head, "adopt", "bureau_head", `{"adoption_doc":"京市监〔2025〕3号"}`)
	liaison := beijing.as(solo.Someone(solo.Beijing, "liaison", "liaison"))
	plan := liaison.open("mi_plan", "liaison", `{"title":"互派检查","field":"eco_environment"}`)
	r := liaison.act(plan.Record, plan.Head, "propose", "liaison", fmt.Sprintf(`{"plan_no":"HJ-2025-01","title":"互派检查","field":"eco_environment","basis_doc":"行动计划",
		"period_from":"2025-11-10","period_to":"2025-12-30","region_orgs":["120000-SJ","130000-SJ"],"host_regions":["120000","130000"],
		"hosts":[{"region":"120000","catalogue":"%[1]s","size":5,"quota":1},{"region":"130000","catalogue":"%[1]s","size":5,"quota":1}],
		"expert_quota":1,"checklist_ref":"%[2]s","rota":[{"host":"120000","lead":"130000"},{"host":"130000","lead":"120000"},{"host":"130000","lead":"110000"}]}`,
		strings.Repeat("a", 64), list.Record))
	for i, d := range heads {
		r = d.act(plan.Record, r.Head, "confirm", "bureau_head", fmt.Sprintf(`{"confirm_doc_no":"津市监管〔2025〕%d号"}`, i+1))
	}
	return plan.Record
}

// Ensure a draw is frozen only with pool and rule at hand that say the same, and that
// the door then tells all that it takes to draw again, and who did not contribute.
func TestDraws(t *testing.T) {
	n := solo.New(t)
	beijing := openDoor(t, n, solo.Someone(solo.Beijing, "clerk", "clerk"), solo.Options{})
	tianjin := openDoor(t, n, solo.Someone(solo.Tianjin, "head", "bureau_head"), solo.Options{})
	hebei := openDoor(t, n, solo.Someone(solo.Hebei, "head", "bureau_head"), solo.Options{})
	keys := map[string]keyring.Signer{solo.Beijing: contender(t, n, solo.Beijing, 1, beijing), solo.Tianjin: contender(t, n, solo.Tianjin, 2, tianjin)}
	plan := agreedPlan(beijing, tianjin, hebei)

	pool, err := draw.NewPool([]draw.Candidate{{ID: "a", Stratum: "s"}, {ID: "b", Stratum: "s"}, {ID: "c", Stratum: "s"}, {ID: "d", Stratum: "s", Excluded: "visited"}})
	if err != nil {
		t.Fatal(err)
	}
	rule, err := draw.NewRule("target", "1", []draw.Quota{{Stratum: "s", Number: 1}})
	if err != nil {
		t.Fatal(err)
	}
	frozen, err := draw.Frozen(pool, rule)
	if err != nil {
		t.Fatal(err)
	}
	frozen["pool_taken_at"] = solo.Start
	fields := func(change func(map[string]any)) string {
		f := maps.Clone(frozen)
		change(f)
		text, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	same := func(map[string]any) {}

	liaison := beijing.as(solo.Someone(solo.Beijing, "liaison", "liaison"))
	dr := liaison.open("draw", "liaison", `{"draw_no":"CQ-1","plan":"`+plan+`","kind":"target","stratum":"130000","region_orgs":["120000-SJ","130000-SJ"]}`)
	freeze := func(fields string) (status int, code string) {
		w := liaison.do("POST", "/v1/records/"+dr.Record+"/events", `{"event":"freeze","role":"liaison","fields":`+fields+`}`, "Idempotency-Key", client.NewKey(), "If-Match", `"`+dr.Head+`"`)
		var p problem.Problem
		_ = json.Unmarshal(w.Body.Bytes(), &p)
		return w.Code, p.Code
	}
	if status, code := freeze(fields(same)); status != 422 || code != problem.DrawTextMissing {
		t.Errorf("without the texts: %d %s", status, code)
	}
	if got := liaison.putText(pool.Marshal()); got.Kind != "pool" || got.Candidates != 4 || got.Excluded != 1 || got.Digest != frozen[draw.FieldPool] {
		t.Errorf("%+v", got)
	}
	if got := liaison.putText(rule.Marshal()); got.Kind != "rule" || got.Strata != 1 || got.Digest != frozen[draw.FieldRule] {
		t.Errorf("%+v", got)
	}
	for name, change := range map[string]func(map[string]any){
		"size":    func(f map[string]any) { f[draw.FieldCount] = 5 },
		"reasons": func(f map[string]any) { delete(f, draw.FieldExclusions) },
		"swapped": func(f map[string]any) {
			f[draw.FieldPool], f[draw.FieldRule] = f[draw.FieldRule], f[draw.FieldPool]
		},
	} {
		if status, code := freeze(fields(change)); status != 422 || code != problem.DrawTextDiffers {
			t.Errorf("%s: %d %s", name, status, code)
		}
	}
	for _, text := range []string{"sandi-pool/1\n", "hello\n"} {
		problemOf(t, liaison.do("PUT", "/v1/draws/texts", text, "Content-Type", "application/octet-stream"), 422, problem.DrawTextBad)
	}
	problemOf(t, liaison.as(solo.Someone(solo.Beijing, "auditor", "auditor")).do("PUT", "/v1/draws/texts", string(pool.Marshal()), "Content-Type", "application/octet-stream"), 403, problem.Forbidden)
	problemOf(t, liaison.do("GET", "/v1/draws/"+dr.Record, ""), 404, problem.NotFound)
	r := liaison.act(dr.Record, dr.Head, "freeze", "liaison", fields(same))

	terms := draw.Terms{Network: n.Genesis.Network(), Draw: dr.Record, Pool: pool.Digest(), Rule: rule.Digest()}
	for _, region := range []string{solo.Beijing, solo.Tianjin} {
		c, err := draw.Contribute(terms, region, keys[region])
		if err != nil {
			t.Fatal(err)
		}
		bureau := map[string]*door{solo.Beijing: beijing, solo.Tianjin: tianjin}[region].bureau
		r = nodeActs(t, bureau, dr.Record, r.Head, "contribute", fmt.Sprintf(`{"contribution":"%x"}`, c.Signature))
	}
	var got v1.Draw
	hebei.get("/v1/draws/"+dr.Record+"?texts=true", &got)
	if got.Pool.Held || got.Pool.Text != "" || !slices.Equal(got.Missing, []string{solo.Hebei}) || got.Regions[2].Key != "" || got.Outcome != nil {
		t.Errorf("at a node that lacks the pool: %+v", got)
	}
	problemOf(t, hebei.do("GET", "/v1/draws/"+dr.Record+"/pool", ""), 422, problem.DrawTextMissing)
	got = v1.Draw{}
	beijing.get("/v1/draws/"+dr.Record+"?texts=true", &got)
	if got.Pool.Text != string(pool.Marshal()) || got.Rule.Text != string(rule.Marshal()) || got.Count != 4 || got.Quota != 1 || got.Exclusions[0] != (v1.DrawExclusion{ID: "d", Reason: "visited"}) {
		t.Errorf("%+v", got)
	}
	for i, region := range []string{solo.Beijing, solo.Tianjin} {
		part := got.Regions[i]
		public := keys[region].Public()
		signature, err := hex.DecodeString(part.Contribution)
		if err != nil || part.Region != region || part.Key != public.ID || part.Public != hex.EncodeToString(public.Key) ||
			(draw.Contribution{Region: region, Signature: signature}).Check(terms, public) != nil {
			t.Errorf("%+v", part)
		}
	}
	beijing.as(solo.Someone(solo.Beijing, "auditor", "auditor")).sealAndExport(t, plan, terms, keys, map[string]*door{solo.Beijing: liaison, solo.Tianjin: tianjin, solo.Hebei: hebei}, fields(same))
	if w := beijing.do("GET", "/v1/draws/"+dr.Record+"/rule", ""); w.Body.String() != string(rule.Marshal()) || w.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// sealAndExport brings a draw to its end, and holds what a bundle has of it: nothing
// while there is no outcome, or while its outcome lies behind the checkpoint; then the
// very texts.
func (d *door) sealAndExport(t *testing.T, plan string, terms draw.Terms, keys map[string]keyring.Signer, doors map[string]*door, frozen string) {
	t.Helper()
	n := d.net
	keys[solo.Hebei] = contender(t, n, solo.Hebei, 3, doors[solo.Hebei])
	liaison := doors[solo.Beijing]
	r := liaison.open("draw", "liaison", `{"draw_no":"CQ-2","plan":"`+plan+`","kind":"target","stratum":"120000","region_orgs":["120000-SJ","130000-SJ"]}`)
	id := r.Record
	r = liaison.act(id, r.Head, "freeze", "liaison", frozen)
	terms.Draw = id
	for _, region := range []string{solo.Beijing, solo.Tianjin, solo.Hebei} {
		c, err := draw.Contribute(terms, region, keys[region])
		if err != nil {
			t.Fatal(err)
		}
		r = nodeActs(t, doors[region].bureau, id, r.Head, "contribute", fmt.Sprintf(`{"contribution":"%x"}`, c.Signature))
	}
	var told v1.Draw
	liaison.get("/v1/draws/"+id+"?texts=true", &told)
	rec := &draw.Record{ID: id}
	for _, part := range told.Regions {
		signature, err := hex.DecodeString(part.Contribution)
		if err != nil {
			t.Fatal(err)
		}
		rec.Contributions = append(rec.Contributions, draw.Contribution{Region: part.Region, Signature: signature})
	}
	pool, err := draw.ParsePool([]byte(told.Pool.Text))
	if err != nil {
		t.Fatal(err)
	}
	rule, err := draw.ParseRule([]byte(told.Rule.Text))
	if err != nil {
		t.Fatal(err)
	}
	seed, err := draw.Seed(rec.Contributions)
	if err != nil {
		t.Fatal(err)
	}
	ranking, err := draw.Rank(id, pool, rule, seed)
	if err != nil {
		t.Fatal(err)
	}
	o := ranking.OutcomeOf()
	outcome, err := json.Marshal(o.Fields())
	if err != nil {
		t.Fatal(err)
	}
	export := func() *bundle.Bundle {
		t.Helper()
		w := d.do("GET", "/v1/audit/bundle?all=true", "")
		b, err := bundle.Open(bytes.NewReader(w.Body.Bytes()), int64(w.Body.Len()))
		if err != nil {
			t.Fatalf("%d: %v", w.Code, err)
		}
		return b
	}
	r = nodeActs(t, doors[solo.Beijing].bureau, id, r.Head, "check", string(outcome))
	n.Notes.Publish()
	nodeActs(t, doors[solo.Tianjin].bureau, id, r.Head, "check", string(outcome)) // behind the checkpoint
	if names := export().Names(bundle.ClassDraw); len(names) != 0 {
		t.Errorf("a bundle without the outcome has %v", names)
	}
	n.Notes.Publish()
	b := export()
	var file struct{ Draw, Pool, Rule string }
	text, err := b.Read(bundle.DrawName(id))
	if err == nil {
		err = json.Unmarshal(text, &file)
	}
	if err != nil || len(b.Names(bundle.ClassDraw)) != 1 || file.Draw != id || file.Pool != told.Pool.Text || file.Rule != told.Rule.Text {
		t.Errorf("%v: %s, %v", err, text, b.Names(bundle.ClassDraw))
	}
	var sealed v1.Draw
	liaison.get("/v1/draws/"+id, &sealed)
	if sealed.Outcome == nil || !slices.Equal(sealed.Outcome.Selected, o.Selected) || len(sealed.Missing) != 0 || sealed.Pool.Text != "" || len(sealed.Taken) != 0 {
		t.Errorf("%+v", sealed)
	}
}

// nodeActs is what a bureau's node says by itself.
func nodeActs(t *testing.T, b *solo.Bureau, record, head, event, fields string) v1.Receipt {
	t.Helper()
	o, err := desk.ParseFields([]byte(fields))
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.Desk.Act(t.Context(), record, desk.Draft{ID: client.NewKey(), Role: "node", Org: b.Region + "-SJ", Event: event, Prev: head, Fields: o})
	if err != nil || r.Refusal != nil {
		t.Fatalf("%s: %+v %v", event, r.Refusal, err)
	}
	return v1.Receipt{Record: r.Record, Head: r.RecordHead}
}
