package threeyears

import "fmt"

const (
	rated        = 60
	ratedAgain   = 12 // of these: rated anew in a later quarter
	withdrawn    = 5
	unconfirmed  = 4
	listed       = 24
	listedBefore = 5 // of these: withdrawn later
	dropped      = 4
	drafted      = 3
)

// ratings makes the risk ratings of enterprises.
func (m *maker) ratings() {
	for i := range rated {
		region, q := Regions[i%3], i%6
		class := i % 4
		c := m.rating(region, q, i, class, nil)
		c.do(q, by(region, "unit_head"), "confirm", nil)
		if i < ratedAgain {
			class = 3 - class
			later := m.rating(region, q+6, i, class, c)
			later.do(q+6, by(region, "unit_head"), "confirm", nil)
			m.counts.add("risk_classes", "-ratings/superseded", 1)
		}
		name := string(rune('a' + class))
		for _, key := range []string{"", "/" + name, "/" + region + "/" + name} {
			m.counts.add("risk_classes", "enterprises"+key, 1)
		}
	}
	for i := range withdrawn + unconfirmed {
		region, q := Regions[i%3], i
		c := m.rating(region, q, rated+i, i%4, nil)
		if i < withdrawn {
			c.do(q, by(region, "clerk"), "withdraw", map[string]any{"reason": "录入有误" + mark})
			m.counts.add("risk_classes", "-ratings/withdrawn", 1)
		} else {
			m.counts.add("risk_classes", "-ratings/unconfirmed", 1)
		}
	}
}

func (m *maker) rating(region string, quarter, enterprise, class int, before *Case) *Case {
	c := m.start("risk_rating")
	fields := map[string]any{
		"enterprise_uscc": enterpriseCode(enterprise), "enterprise_name": enterpriseName(enterprise), "product_risk": "medium", "industry_state": "fair",
		"responsibility": "partly", "credit_class": "b", "score": 100 + 250*class, "risk_class": string(rune('a' + class)), "model_version": "SYN-1",
		"valid_month": At(quarter).Format("2006-01"), "shared_with": others(region),
	}
	if before != nil {
		fields["predecessor"] = Ref{before}
	}
	c.do(quarter, by(region, "clerk"), "", fields)
	return c
}

// lists makes the red and black list, each entry on a batch of its
// own.
func (m *maker) lists() {
	for i := range listed + dropped + drafted {
		at := m.assessed[i*7]
		kind := "red"
		if at.problem {
			kind = "black"
		}
		m.entry(i, at.quarter+1, kind, &at.batch, at.Case)
	}
}

// entry is one entry of a list.
func (m *maker) entry(i, q int, kind string, b *batch, basis *Case) {
	c := m.start("listing")
	c.do(q, by(b.region, "clerk"), "", map[string]any{
		"list_kind": kind, "product_code": productCode(b.product), "product_name": productName(b.product), "enterprise_uscc": enterpriseCode(i), "enterprise_name": enterpriseName(i),
		"basis_record": Ref{basis}, "shared_with": others(b.region),
	})
	switch {
	case i >= listed+dropped:
		m.counts.add("red_black_list", "-entries/unpublished", 1)
		return
	case i >= listed:
		c.do(q, by(b.region, "legal"), "drop", map[string]any{"reason": "证据不足" + mark})
		m.counts.add("red_black_list", "-entries/dropped", 1)
		return
	}
	c.do(q, by(b.region, "legal"), "review", map[string]any{"legal_opinion": "同意" + mark})
	c.do(q, by(b.region, "bureau_head"), "publish", map[string]any{
		"publication_ref": "https://example.invalid/" + fmt.Sprint(i), "redacted_copy": commitment("redacted", i), "original_copy": commitment("original", i),
	})
	if i < listedBefore {
		c.do(q+1, by(b.region, "bureau_head"), "withdraw", map[string]any{"reason": "依据改变" + mark})
		m.counts.add("red_black_list", "-entries/withdrawn", 1)
		return
	}
	for _, key := range []string{"", "/" + kind, "/" + b.region + "/" + kind} {
		m.counts.add("red_black_list", "entries"+key, 1)
	}
}
