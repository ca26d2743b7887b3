package threeyears

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// The figures of the sources, which the true records give.
const (
	Products    = 50
	Batches     = 1510
	Dispatches  = 945
	Trainings   = 274
	Clusters    = 10
	Enterprises = 1279
	Solved      = 766
)

// Quarters are those of the three years.
const Quarters = 12

// firstYear of the data.
const firstYear = 2022

// Regions are those of the demo's network, in the order of their codes.
var Regions = []string{"110000", "120000", "130000"}

// Actor is who makes a step.
type Actor struct{ Region, Org, Role, Person string }

// Step is one statement about a case.
type Step struct {
	Quarter int // of Quarters
	Actor   Actor
	Event   string // empty: opens the record
	Fields  map[string]any
}

// Case is one record with its acts, in order.
type Case struct {
	Procedure string
	Steps     []Step
	record    string // once it is open
	head      string
	index     uint64 // of its latest leaf
}

// Ref is a field that holds the record of another case, which was opened in an
// earlier quarter.
type Ref struct{ Case *Case }

// Set is the data with what the reports have to say of them.
type Set struct {
	Start time.Time // of the ledger
	Cases []*Case
	Truth Truth
}

// Truth is what reports have to say: report, then figure ("batches", or a group
// of it, "batches/2022"), or what is left out ("-rows/code").
type Truth map[string]map[string]string

// counts is truth in the making.
type counts map[string]map[string]int

func (c counts) add(report, key string, n int) {
	if c[report] == nil {
		c[report] = map[string]int{}
	}
	c[report][key] += n
}

// once adds 1 the first time that a value is seen under a key.
type once struct {
	counts
	seen map[string]bool
}

func (o *once) add(report, key, value string) {
	if id := report + "|" + key + "|" + value; !o.seen[id] {
		o.seen[id] = true
		o.counts.add(report, key, 1)
	}
}

// maker makes a set.
type maker struct {
	rng      *rand.Rand
	cases    []*Case
	counts   counts
	once     once
	number   int // for what has to be unique
	assessed []assessed
	truth    Truth
}

// Generate makes the data of a seed.
func Generate(seed uint64) *Set {
	m := &maker{rng: rand.New(rand.NewPCG(seed, 0x5ca1ab1e)), counts: counts{}, truth: Truth{}} //nolint:gosec // data, not keys
	m.once = once{m.counts, map[string]bool{}}
	m.monitoring()
	m.help()
	m.drives()
	m.analyses()
	m.ratings()
	m.lists()
	for report, keys := range m.counts {
		for key, n := range keys {
			m.want(report, key, fmt.Sprint(n))
		}
	}
	return &Set{Start: time.Date(firstYear, 1, 4, 9, 0, 0, 0, shanghai), Cases: m.cases, Truth: m.truth}
}

func (m *maker) want(report, key, value string) {
	if m.truth[report] == nil {
		m.truth[report] = map[string]string{}
	}
	m.truth[report][key] = value
}

var shanghai = time.FixedZone("CST", 8*3600)

// At is when the statements of a quarter are made: near its end, before the
// returns are due.
func At(quarter int) time.Time {
	return time.Date(firstYear+quarter/4, time.Month(3*(quarter%4)+3), 20, 9, 0, 0, 0, shanghai)
}

// Statements is how many statements the set has.
func (s *Set) Statements() int {
	n := 0
	for _, c := range s.Cases {
		n += len(c.Steps)
	}
	return n
}

func year(quarter int) string { return fmt.Sprint(firstYear + quarter/4) }

func quarterName(quarter int) string { return fmt.Sprintf("%s-Q%d", year(quarter), quarter%4+1) }

// day is a day of a quarter before its statements are made.
func (m *maker) day(quarter int) string {
	first := time.Date(firstYear+quarter/4, time.Month(3*(quarter%4)+1), 5, 0, 0, 0, 0, shanghai)
	return first.AddDate(0, 0, m.rng.IntN(70)).Format(time.DateOnly)
}

func (m *maker) next() int {
	m.number++
	return m.number
}

// by is somebody of a region's bureau.
func by(region, role string) Actor {
	return Actor{Region: region, Org: region + "-SJ", Role: role, Person: "synthetic-" + role}
}

// others are the bureaus of the other regions.
func others(region string) []string {
	var out []string
	for _, r := range Regions {
		if r != region {
			out = append(out, r+"-SJ")
		}
	}
	return out
}

func (m *maker) start(procedure string) *Case {
	c := &Case{Procedure: procedure}
	m.cases = append(m.cases, c)
	return c
}

func (c *Case) do(quarter int, a Actor, event string, fields map[string]any) {
	if fields == nil {
		fields = map[string]any{}
	}
	c.Steps = append(c.Steps, Step{Quarter: quarter, Actor: a, Event: event, Fields: fields})
}

// mark stands in every name of the set.
const mark = "（合成 SYNTHETIC）"
