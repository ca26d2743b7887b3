package procedure_test

import (
	"testing"

	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/calendar/data"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/script"
)

const (
	person1 = "AAAAAAAAAAAAAAAAAAAAAA"
	person2 = "BBBBBBBBBBBBBBBBBBBBBA"
	hash    = "CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCA"
)

// opening is a typical act: about 600 bytes of fields.
const opening = `{"file_no":"津武市监立〔2025〕7号","helper_org":"131000-SJ","subject":"电动自行车充电器采购台账与去向",` +
	`"urgent":true,"copies":2,"value":"12850.00","kind":"check","matters":[{"no":1,"question":"该批次充电器的购进数量、价格与供货凭证","served_on":"2025-09-10"},` +
	`{"no":2,"question":"销售去向"},{"no":3,"question":"标签照片"}],"officers":[{"cert_no":"津A-0001","person":"AAAAAAAAAAAAAAAAAAAAAA"},` +
	`{"cert_no":"津A-0002","person":"BBBBBBBBBBBBBBBBBBBBBA"}],"tags":["A1","A2"]}`

func world(t testing.TB) *script.World {
	t.Helper()
	cal, err := calendar.Parse([]byte(data.Workdays))
	if err != nil {
		t.Fatal(err)
	}
	rules, err := calendar.ParseRules([]byte(data.Rules))
	if err != nil {
		t.Fatal(err)
	}
	return script.NewWorld(cal, rules, "110000", "120000", "130000")
}

func at(day string, s int64) int64 {
	d, ok := calendar.ParseDay(day)
	if !ok {
		panic(day)
	}
	return d.Start() + s
}

func openAct() procedure.Act {
	t := at("2025-09-15", 36000)
	return procedure.Act{
		Region: "120000", Org: "120114-SJ", Role: "clerk", Person: person1, At: t, Now: t,
		Fields: []byte(opening), Home: []string{"facts"}, Private: script.Commitment("x"), Hash: hash, Seq: 17,
	}
}

func BenchmarkOpen(b *testing.B) {
	p, w, a := exercise(b), world(b), openAct()
	b.ReportAllocs()
	for b.Loop() {
		rec, _, err := p.Open(w, "XX-120000-2025-000001", a)
		if err != nil {
			b.Fatal(err)
		}
		if len(rec.Marshal()) < 500 {
			b.Fatal("short record")
		}
	}
}

// working is a record in the middle of its course, with running limits.
func working(t testing.TB, p *procedure.Procedure, w *script.World) *procedure.Record {
	t.Helper()
	rec, _, err := p.Open(w, "XX-120000-2025-000001", openAct())
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range []procedure.Act{
		{Event: "approve", Region: "120000", Org: "120114-SJ", Role: "bureau_head", Person: person2},
		{Event: "send", Region: "120000", Org: "120000-SJ", Role: "liaison", Person: person1, Fields: []byte(`{"doc_no":"津市监协查〔2025〕18号"}`)},
		{Event: "receive", Region: "130000", Org: "130000-SJ", Role: "node", Person: person1},
	} {
		a.At, a.Now, a.Hash, a.Seq = at("2025-09-16", int64(i)), at("2025-09-16", int64(i)), hash, uint64(18+i)
		if _, err := p.Step(w, rec, a); err != nil {
			t.Fatal(err)
		}
	}
	return rec
}

func BenchmarkStep(b *testing.B) {
	p, w := exercise(b), world(b)
	raw := working(b, p, w).Marshal()
	a := procedure.Act{
		Event: "answer", Region: "130000", Org: "131000-SJ", Role: "bureau_head", Person: person1,
		At: at("2025-10-10", 0), Now: at("2025-10-10", 0), Hash: hash, Seq: 99, Fields: []byte(`{"decided_on":"2025-10-09","tags":["A1","A2"]}`),
	}
	b.Run("step", func(b *testing.B) {
		rec, err := procedure.ParseRecord(raw)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			next := *rec
			if _, err := p.Step(w, &next, a); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := procedure.ParseRecord(raw); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("marshal", func(b *testing.B) {
		rec, err := procedure.ParseRecord(raw)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		b.SetBytes(int64(len(raw)))
		for b.Loop() {
			rec.Marshal()
		}
	})
	b.Run("parse+step+marshal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			rec, err := procedure.ParseRecord(raw)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := p.Step(w, rec, a); err != nil {
				b.Fatal(err)
			}
			rec.Marshal()
		}
	})
	b.Run("deadlines", func(b *testing.B) {
		rec, _ := procedure.ParseRecord(raw)
		b.ReportAllocs()
		for b.Loop() {
			if len(p.Deadlines(w, rec, a.Now)) == 0 {
				b.Fatal("none")
			}
		}
	})
	b.Run("options", func(b *testing.B) {
		rec, _ := procedure.ParseRecord(raw)
		b.ReportAllocs()
		for b.Loop() {
			if len(p.Options(w, rec, a.Now)) == 0 {
				b.Fatal("none")
			}
		}
	})
}

func BenchmarkCompile(b *testing.B) {
	d := exercise(b).Document()
	for b.Loop() {
		if _, err := procedure.Compile(d); err != nil {
			b.Fatal(err)
		}
	}
}
