package threeyears

import (
	"fmt"
	"time"
)

// driveProducts are the products whose batches the returns state one by one.
const driveProducts = 6

// share is what a floor report says of a numerator and a denominator.
type share struct{ listed, all int }

func (s *share) add(listed, all int) {
	s.listed += listed
	s.all += all
}

func (s share) String() string {
	verdict := "below"
	if s.listed*10 >= s.all*3 {
		verdict = "met"
	}
	return fmt.Sprintf("%d/%d %s", s.listed, s.all, verdict)
}

// drives makes a rectification drive for each year, led by Hebei, with the
// returns of all regions.
func (m *maker) drives() {
	shares := map[string]*share{}
	for y := range Quarters / 4 {
		m.drive(y, shares)
	}
	for key, s := range shares {
		m.want("listed_floor", key, s.String())
	}
}

// drive is one year's drive. That of the second year has a quarter that was
// closed late; that of the first was never summed up, so its summary is overdue.
func (m *maker) drive(y int, shares map[string]*share) {
	lead := Regions[2]
	c := m.start("campaign")
	first := 4 * y
	c.do(first, by(lead, "liaison"), "", map[string]any{"title": mark + "重点工业产品质量安全排查治理" + year(first), "campaign_type": "rectification_drive"})
	c.do(first, by(lead, "liaison"), "propose", map[string]any{
		"campaign_no": "SYN-PC-" + year(first), "campaign_type": "rectification_drive", "theme": mark + "排查治理", "period_from": year(first) + "-01-01", "period_to": year(first) + "-12-31",
		"region_orgs": others(lead), "targets": mark + "目录产品抽查占比不低于百分之三十", "floor_percent": 30,
	})
	for i, r := range Regions[:2] {
		c.do(first, by(r, "bureau_head"), "confirm", map[string]any{"confirm_doc_no": fmt.Sprintf("%s〔%s〕%d号", []string{"京市监", "津市监管"}[i], year(first), 900+y)})
	}
	c.do(first, by(lead, "liaison"), "launch", map[string]any{"launch_record": mark + "启动会", "quarter_end": quarterEnd(first)})
	for q := first; q < first+4; q++ {
		if q > first {
			c.do(q, by(lead, "liaison"), "open_quarter", map[string]any{"quarter_end": quarterEnd(q)})
		}
		for _, r := range Regions {
			m.quarterly(c, r, q, shares)
		}
		closed := q
		if q == lateQuarter {
			closed++
			m.counts.add("overdue", "late", 1)
			m.counts.add("overdue", "late/"+lead+"/"+lead+"-SJ", 1)
		} else {
			m.counts.add("overdue", "met", 1)
		}
		c.do(closed, by(lead, "liaison"), "close_quarter", nil)
	}
	m.counts.add("overdue", "met", 1) // the confirmation
	switch y {
	case 0:
		c.do(first+4, by(lead, "liaison"), "end", nil)
		m.counts.add("overdue", "overdue", 1)
		m.counts.add("overdue", "overdue/"+lead+"/"+lead+"-SJ", 1)
	case 1:
		c.do(first+4, by(lead, "liaison"), "end", nil)
		total := *shares["share/"+year(first)]
		c.do(first+4, by(lead, "bureau_head"), "summarise", map[string]any{
			"summary_doc": "冀市监〔2024〕990号", "best_cases": []string{mark + "典型案例"}, "floor_met": total.listed*10 >= total.all*3,
		})
		m.counts.add("overdue", "met", 1)
	}
}

// lateQuarter is the quarter whose returns were summed up after their time.
const lateQuarter = 5

// quarterly is one region's return of a quarter, some with a correction.
func (m *maker) quarterly(c *Case, region string, q int, shares map[string]*share) {
	listed, all := 0, 0
	var products []map[string]any
	for p := range driveProducts {
		n := 20 + m.rng.IntN(40)
		k := n * (25 + m.rng.IntN(35)) / 100 // about the floor
		products = append(products, map[string]any{"product_code": productCode(p), "product_name": productName(p), "batches_all": n, "batches_listed": k})
		listed, all = listed+k, all+n
		count(shares, "product_share", []string{"", "/" + productCode(p), "/" + year(q) + "/" + productCode(p), "/" + region + "/" + productCode(p)}, k, n)
	}
	counters := map[string]any{}
	for i, name := range counterNames {
		n := 40 + m.rng.IntN(60) - 2*i // in the order in which one is not above another
		counters[name] = max(n, 0)
	}
	for _, pair := range [][2]string{{"rectified_general", "found_general"}, {"rectified_major", "found_major"}, {"struck_off_general", "rectified_general"}, {"struck_off_major", "rectified_major"}, {"cases_closed", "cases_filed"}} {
		counters[pair[0]] = min(counters[pair[0]].(int), counters[pair[1]].(int))
	}
	for _, name := range counterNames {
		n := counters[name].(int)
		for _, key := range []string{"", "/" + quarterName(q), "/" + region, "/" + quarterName(q) + "/" + region} {
			m.counts.add("campaign_counters", name+key, n)
		}
	}
	counters["case_value"], counters["fines"] = "12.50", "3.25"
	c.do(q, by(region, "liaison"), "report_period", map[string]any{"reported_quarter": quarterEnd(q), "batches_all": all, "batches_listed": listed, "products": products, "counters": counters})
	if m.rng.IntN(4) == 0 {
		c.do(q, by(region, "liaison"), "correct_period", map[string]any{
			"reported_quarter": quarterEnd(q), "change_all": 2, "change_listed": -1, "reason": mark + "漏报",
			"product_changes": []map[string]any{{"product_code": productCode(0), "product_name": productName(0), "change_all": 2, "change_listed": -1}},
		})
		listed, all = listed-1, all+2
		count(shares, "product_share", []string{"", "/" + productCode(0), "/" + year(q) + "/" + productCode(0), "/" + region + "/" + productCode(0)}, -1, 2)
	}
	count(shares, "share", []string{"", "/" + year(q), "/" + region, "/" + year(q) + "/" + region}, listed, all)
}

var counterNames = []string{
	"self_checked", "inspected", "found_general", "found_major", "rectified_general", "rectified_major", "struck_off_general", "struck_off_major",
	"unqualified", "cases_filed", "cases_closed", "talked_to", "police", "helped", "dispatches", "trainings", "problems_solved",
}

func count(shares map[string]*share, figure string, keys []string, listed, all int) {
	for _, key := range keys {
		if shares[figure+key] == nil {
			shares[figure+key] = &share{}
		}
		shares[figure+key].add(listed, all)
	}
}

// quarterEnd is the last day of a quarter.
func quarterEnd(q int) string {
	return time.Date(firstYear+q/4, time.Month(3*(q%4)+4), 0, 0, 0, 0, 0, shanghai).Format(time.DateOnly)
}
