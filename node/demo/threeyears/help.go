package threeyears

import (
	"fmt"
	"slices"

	"sandi.internal/gateway/node/demo/catalogue"
)

const (
	solvedCases    = 380 // enterprises whose problems are solved
	againCases     = 20  // of these: reopened, and solved again
	openAgainCases = 25  // reopened, not solved since
	unsolvedCases  = 40
	cancelledCases = 30
	idleCases      = 10 // nobody sent yet
	doubleCases    = 45 // of the solved ones, recorded twice
	sentByOthers   = 4  // one visit of so many is made by another region's experts
	attendMost     = 6  // new enterprises at one training
)

// visit is a matter of one enterprise.
type visit struct {
	region, sender string
	quarter        int
	enterprise     int
	on             string
	activity       string
	times          int
	problems       []string
	left           bool // one more problem was found and not solved
}

// help makes the technical help of three years.
func (m *maker) help() {
	times := m.split(Dispatches, solvedCases+openAgainCases+unsolvedCases+Trainings, 4)
	problems := m.split(Solved, solvedCases, 5)
	next := 0
	take := func(list *[]int) int {
		n := (*list)[0]
		*list = (*list)[1:]
		return n
	}
	matter := func(i, found int) *visit {
		v := &visit{region: Regions[m.rng.IntN(3)], quarter: i % (Quarters - 1), enterprise: next, times: take(&times)}
		next++
		v.sender, v.on = v.region, m.day(v.quarter)
		if m.rng.IntN(sentByOthers) == 0 {
			v.sender = Regions[m.rng.IntN(3)]
		}
		v.activity = fmt.Sprintf("SYN-PD-%05d", m.next())
		for k := range found {
			v.problems = append(v.problems, fmt.Sprintf("%s问题%d：标志和说明不符合标准", mark, k+1))
		}
		m.trueVisit(v)
		return v
	}
	for i := range solvedCases {
		v := matter(i, take(&problems))
		v.left = i%10 == 0
		m.solved(v, i < againCases, i%2 == 0)
		m.counts.add("technical_help", "problems_solved", len(v.problems))
		m.counts.add("technical_help", "problems_solved/"+year(v.quarter), len(v.problems))
		m.counts.add("technical_help", "problems_solved/"+v.region, len(v.problems))
		if v.left {
			m.counts.add("technical_help", "-problems/unsolved", 1)
		}
		if i >= solvedCases-doubleCases {
			v.left = false
			m.solved(v, false, false)
			m.double(v)
		}
	}
	for i := range openAgainCases {
		v := matter(i, 2)
		c := m.solved(v, false, false)
		c.do(v.quarter+1, by(v.region, "unit_head"), "reopen", map[string]any{"reason": "问题反弹" + mark})
		m.counts.add("technical_help", "-problems/reopened", 2)
	}
	for i := range unsolvedCases {
		v := matter(i, 1)
		c := m.visited(v)
		c.do(v.quarter+i%2, by(v.region, "liaison"), "give_up", map[string]any{"reason": "企业已停产" + mark})
		m.counts.add("technical_help", "-problems/unsolved", 1)
	}
	m.unmade()
	m.trainings(times, next)
}

// unmade are matters in which nobody was sent.
func (m *maker) unmade() {
	for i := range cancelledCases + idleCases {
		q, region := i%Quarters, Regions[i%3]
		c := m.start("help")
		c.do(q, by(region, "liaison"), "", m.matterFields(region, q, 9000+i))
		if i < cancelledCases {
			c.do(q, by(region, "liaison"), "cancel", map[string]any{"reason": "企业撤回申请" + mark})
			m.counts.add("technical_help", "-helped/cancelled", 1)
		} else {
			m.counts.add("technical_help", "-helped/unfinished", 1)
		}
	}
}

func (m *maker) matterFields(region string, quarter, enterprise int) map[string]any {
	return map[string]any{
		"help_no": fmt.Sprintf("SYN-BF-%05d", m.next()), "programme": year(quarter) + "年度", "helper_orgs": others(region),
		"enterprise_uscc": enterpriseCode(enterprise), "enterprise_name": enterpriseName(enterprise),
	}
}

// visited opens a matter and sends the experts.
func (m *maker) visited(v *visit) *Case {
	c := m.start("help")
	c.do(v.quarter, by(v.region, "liaison"), "", m.matterFields(v.region, v.quarter, v.enterprise))
	c.do(v.quarter, by(v.sender, "liaison"), "dispatch", map[string]any{
		"activity": "visit", "activity_no": v.activity, "held_on": v.on, "expert_times": v.times, "problems": numbered(v.problems, v.left),
	})
	return c
}

// solved is visited, with the problems solved: at once, or after it was reopened.
func (m *maker) solved(v *visit, again, closed bool) *Case {
	c := m.visited(v)
	solution := map[string]any{"problems": numbered(v.problems, v.left), "problems_solved": upTo(len(v.problems)), "output_value": fmt.Sprintf("%d.00", 1+m.rng.IntN(9))}
	c.do(v.quarter, by(v.region, "liaison"), "solve", solution)
	q := v.quarter
	if again {
		q++
		c.do(q, by(v.region, "unit_head"), "reopen", map[string]any{"reason": "问题反弹" + mark})
		c.do(q, by(v.region, "liaison"), "solve", solution)
	}
	if closed {
		c.do(q, by(v.region, "unit_head"), "close", nil)
	}
	return c
}

func numbered(problems []string, left bool) []map[string]any {
	out := []map[string]any{}
	for i, p := range problems {
		out = append(out, map[string]any{"no": i + 1, "text": p})
	}
	if left {
		out = append(out, map[string]any{"no": len(problems) + 1, "text": mark + "尚未解决的问题"})
	}
	return out
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i + 1
	}
	return out
}

// trueVisit counts a visit's person-times and its enterprise.
func (m *maker) trueVisit(v *visit) {
	m.trueActivity(v.region, v.sender, v.quarter, "visit", v.times)
	m.trueEnterprise(v.region, v.quarter, v.enterprise)
}

func (m *maker) trueActivity(region, sender string, quarter int, kind string, times int) {
	for _, key := range []string{"", "/" + year(quarter), "/" + quarterName(quarter), "/" + region, "/" + kind} {
		m.counts.add("technical_help", "dispatches"+key, times)
	}
	if sender == region {
		m.counts.add("reciprocity", "-days/own_region", 1)
		return
	}
	for _, key := range []string{"sent", "received", "sent/" + sender, "received/" + region, "sent/" + sender + "/" + region, "sent/" + year(quarter) + "/" + sender} {
		m.counts.add("reciprocity", key, times)
	}
}

func (m *maker) trueEnterprise(region string, quarter, enterprise int) {
	for _, key := range []string{"", "/" + year(quarter), "/" + region} {
		m.once.add("technical_help", "enterprises"+key, enterpriseCode(enterprise))
	}
}

// double counts a matter that was recorded a second time.
func (m *maker) double(v *visit) {
	m.counts.add("technical_help", "-activities/duplicate", 1)
	m.counts.add("technical_help", "-problems/duplicate", len(v.problems))
	if v.sender == v.region {
		m.counts.add("reciprocity", "-days/own_region", 1)
	} else {
		m.counts.add("reciprocity", "-days/duplicate", 1)
	}
}

// trainings makes a record for each cluster and year, with the trainings and
// meetings in it; enterprises from `next` on come to them for the first time.
func (m *maker) trainings(times []int, next int) {
	records := make([]*Case, Clusters*3)
	for i := range records {
		cluster, y, region := i%Clusters, i/Clusters, Regions[i%Clusters%3]
		c := m.start("help")
		c.do(4*y, by(region, "liaison"), "", map[string]any{
			"help_no": fmt.Sprintf("SYN-BF-%05d", m.next()), "programme": year(4*y) + "年度", "helper_orgs": others(region), "cluster": fmt.Sprintf("%s产业集群%02d", mark, cluster+1),
		})
		records[i] = c
		m.once.add("technical_help", "clusters", fmt.Sprint(cluster))
		m.once.add("technical_help", "clusters/"+region, fmt.Sprint(cluster))
	}
	fresh := m.split(Enterprises-next, Trainings, attendMost)
	byQuarter := make([][]func(), Quarters)
	for i := range Trainings {
		at := i % len(records)
		quarter := 4*(at/Clusters) + i/len(records)%4
		first := next
		next += fresh[i]
		byQuarter[quarter] = append(byQuarter[quarter], func() {
			m.training(records[at], Regions[at%Clusters%3], quarter, times[i], first, fresh[i])
		})
	}
	for _, list := range byQuarter { // a case's steps are in the order of time
		for _, hold := range list {
			hold()
		}
	}
}

// training is one training or meeting: new enterprises, and some that are known.
func (m *maker) training(c *Case, region string, quarter, times, first, fresh int) {
	kind := []string{"training", "meeting"}[m.rng.IntN(2)]
	var came []string
	for e := first; e < first+fresh; e++ {
		came = append(came, enterpriseCode(e))
		m.trueEnterprise(region, quarter, e)
	}
	for range m.rng.IntN(3) {
		e := m.rng.IntN(first)
		if code := enterpriseCode(e); !slices.Contains(came, code) {
			came = append(came, code)
			m.trueEnterprise(region, quarter, e)
		}
	}
	c.do(quarter, by(region, "liaison"), "dispatch", map[string]any{
		"activity": kind, "activity_no": fmt.Sprintf("SYN-PX-%05d", m.next()), "held_on": m.day(quarter), "expert_times": times, "attendees": came,
	})
	m.trueActivity(region, region, quarter, kind, times)
	for _, key := range []string{"", "/" + year(quarter), "/" + region, "/" + kind} {
		m.counts.add("technical_help", "trainings"+key, 1)
	}
}

// split cuts a total into parts of 1 to most.
func (m *maker) split(total, parts, most int) []int {
	out := make([]int, parts)
	for i := range out {
		out[i] = 1
	}
	for left := total - parts; left > 0; {
		if i := m.rng.IntN(parts); out[i] < most {
			out[i]++
			left--
		}
	}
	return out
}

func enterpriseCode(n int) string { return catalogue.CreditCode("91", "130000", n+1) }

func enterpriseName(n int) string { return fmt.Sprintf("%s示例企业%04d有限公司", mark, n+1) }
