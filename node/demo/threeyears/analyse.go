package threeyears

import "fmt"

// groups are the perspectives of the safety indicators and the groups of the
// industry indicators, with how many each has: 25 and 15.
var groups = []struct {
	name, letter string
	n            int
}{
	{"regulator", "R", 8},
	{"consumer", "C", 6},
	{"market_entity", "M", 6},
	{"institution", "I", 5},
	{"growth", "G", 4},
	{"level", "L", 4},
	{"competitiveness", "Q", 4},
	{"efficiency", "E", 3},
}

// indicators is the set, of which a third are shares.
func indicators() (list []map[string]any, codes []string) {
	for _, g := range groups {
		for i := range g.n {
			code := fmt.Sprintf("%s%d", g.letter, i+1)
			unit := "合成单位"
			if len(codes)%3 == 0 || code == "G2" {
				unit = "%"
			}
			codes = append(codes, code)
			list = append(list, map[string]any{"code": code, "group": g.name, "name": mark + "指标" + code, "unit": unit, "direction": 1, "proposed": true, "weight": "1.00"})
		}
	}
	return list, codes
}

// analyses makes the analyses of 2018 to 2020: the data of three regions, one of
// which corrects its own.
func (m *maker) analyses() {
	lead := Regions[2]
	set, codes := indicators()
	for y := range 3 {
		c := m.start("analysis")
		period := 2018 + y
		c.do(0, by(lead, "liaison"), "", map[string]any{"title": fmt.Sprintf("%s区域质量安全形势分析%d", mark, period), "analysis_kind": "regional"})
		c.do(0, by(lead, "liaison"), "open_collection", map[string]any{
			"period_from": fmt.Sprintf("%d-01-01", period), "period_to": fmt.Sprintf("%d-12-31", period), "industries": []string{"钢铁", "电线电缆"},
			"region_orgs": others(lead), "commissioning_org": lead + "-SJ", "indicator_set_version": "SYN-1", "indicators": set, "data_until": "2026-06-30", "report_until": "2026-12-31",
		})
		for i, r := range Regions {
			if i == y {
				c.do(0, by(r, "liaison"), "submit_data", map[string]any{"data_return": m.values(codes, r, period, false), "confidential": false})
				m.counts.add("situation", "-values/superseded", len(codes))
			}
			c.do(0, by(r, "liaison"), "submit_data", map[string]any{"data_return": m.values(codes, r, period, true), "confidential": false})
		}
	}
	m.want("situation", "indicators", "40")
	m.want("situation", "indicators/safety", "25")
	m.want("situation", "indicators/industry", "15")
	// Pass rates fall as growth falls, within each region and between them.
	m.want("situation", "safety_and_growth", "1.0000 small")
}

// values are a region's data; the true ones are counted.
func (m *maker) values(codes []string, region string, period int, counts bool) []map[string]any {
	rank := 3*(period-2018) + int(region[1]-'1') // 0 to 8
	var list []map[string]any
	for _, code := range codes {
		den := 20 + m.rng.IntN(400)
		num := den - m.rng.IntN(20)
		switch code {
		case "R1":
			den, num = 1000, 900+10*rank
		case "G2":
			den, num = 1000, 30+rank
		}
		if !counts {
			num--
		}
		list = append(list, map[string]any{"code": code, "num": fmt.Sprintf("%d.0000", num), "den": fmt.Sprintf("%d.0000", den), "n": den, "source": mark + "统计"})
		if counts {
			m.want("situation", fmt.Sprintf("value/%s/%s/%d", code, region, period), fmt.Sprintf("%d.0000/%d.0000", num, den))
		}
	}
	return list
}
