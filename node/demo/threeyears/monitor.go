package threeyears

import (
	"fmt"

	"sandi.internal/gateway/node/demo/catalogue"
)

const (
	doubleBatches   = 40 // of the 1,510, recorded by another region, too
	noSampleBatches = 25
	openBatches     = 15 // sampled, not assessed
	labs            = 6
)

// batch is one batch of monitoring.
type batch struct {
	region  string
	quarter int
	product int
	lab     int
	report  string
	on      string // day of sampling
	problem bool
	risk    string
}

// assessed is a batch with its record.
type assessed struct {
	batch
	*Case
}

// monitoring makes the batches of three years.
func (m *maker) monitoring() {
	for i := range Batches {
		b := batch{
			region: Regions[m.rng.IntN(3)], quarter: i * Quarters / Batches, product: i % Products, lab: m.rng.IntN(labs),
			report: fmt.Sprintf("SYN-BG-%05d", m.next()), problem: m.rng.IntN(8) == 0, risk: "low",
		}
		b.on = m.day(b.quarter)
		if b.problem {
			b.risk = []string{"medium", "medium", "high"}[m.rng.IntN(3)]
		}
		c := m.batch(&b, i%3 == 0)
		m.assessed = append(m.assessed, assessed{b, c})
		m.trueBatch(&b)
		if i%(Batches/doubleBatches) == 0 && i/(Batches/doubleBatches) < doubleBatches {
			double := b
			double.region = Regions[2] // not before the first in the order of the records' numbers
			m.batch(&double, false)
			m.counts.add("risk_monitoring", "-batches/duplicate", 1)
		}
	}
	for i := range noSampleBatches {
		q := i % Quarters
		region := Regions[i%3]
		c := m.planned(region, q, i%Products)
		c.do(q, by(region, "liaison"), "abandon", map[string]any{"no_follow_up_reason": "市场未见在售" + mark})
		m.counts.add("risk_monitoring", "-batches/no_sample", 1)
	}
	for i := range openBatches {
		q := i % Quarters
		region := Regions[i%3]
		m.sampled(m.planned(region, q, i%Products), region, q, m.day(q))
		m.counts.add("risk_monitoring", "-batches/unfinished", 1)
	}
}

// planned opens a batch.
func (m *maker) planned(region string, quarter, product int) *Case {
	c := m.start("monitoring")
	c.do(quarter, by(region, "clerk"), "", map[string]any{
		"batch_no": fmt.Sprintf("SYN-JC-%s-%05d", region[:2], m.next()), "programme": year(quarter) + "年度",
		"product_code": productCode(product), "product_name": productName(product), "shared_with": others(region),
	})
	return c
}

func (m *maker) sampled(c *Case, region string, quarter int, on string) {
	c.do(quarter, by(region, "clerk"), "sample", map[string]any{
		"place": []string{"factory", "market", "online"}[m.rng.IntN(3)], "place_division": region[:2] + "0100", "sampled_on": on, "samples": 2 + m.rng.IntN(3),
	})
}

// batch makes a batch up to its assessment; some are closed.
func (m *maker) batch(b *batch, closed bool) *Case {
	c := m.planned(b.region, b.quarter, b.product)
	m.sampled(c, b.region, b.quarter, b.on)
	result, items := "no_problem", []string{}
	if b.problem {
		result, items = "problem", []string{"防触电保护"}
	}
	c.do(b.quarter, by(b.region, "clerk"), "test", map[string]any{
		"lab_uscc": catalogue.CreditCode("12", "120000", 800+b.lab), "report_no": b.report, "report_hash": commitment(b.report, 0), "result": result, "problem_items": items,
	})
	c.do(b.quarter, by(b.region, "unit_head"), "assess", map[string]any{"risk_level": b.risk, "risk_note": "按演练模型评估" + mark})
	if closed {
		fields := map[string]any{}
		if b.risk == "high" {
			fields["no_follow_up_reason"] = "演练数据，不作后续处置" + mark
		}
		c.do(b.quarter, by(b.region, "unit_head"), "close", fields)
	}
	return c
}

// trueBatch counts a batch that counts.
func (m *maker) trueBatch(b *batch) {
	const report = "risk_monitoring"
	for _, key := range []string{"", "/" + year(b.quarter), "/" + quarterName(b.quarter), "/" + b.region, "/" + productCode(b.product), "/" + b.risk} {
		m.counts.add(report, "batches"+key, 1)
	}
	for _, key := range []string{"", "/" + year(b.quarter), "/" + b.region} {
		m.once.add(report, "products"+key, productCode(b.product))
		if b.problem {
			m.counts.add(report, "problems"+key, 1)
		}
	}
}

func productCode(n int) string { return fmt.Sprintf("SYN-%03d", n+1) }

func productName(n int) string { return fmt.Sprintf("%s重点产品%02d", mark, n+1) }
