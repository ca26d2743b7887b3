package report

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"sandi.internal/gateway/consensus/calendar/data"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/script"
)

// played is the ledger that a scenario of the law leaves behind.
type played struct{ *script.World }

func (p played) Records(name string, visit func(*procedure.Record) error) error {
	for _, id := range p.World.Records() {
		r, err := p.Record(id)
		if err != nil {
			return err
		}
		if name == AnyProcedure || r.Procedure == name {
			if err := visit(r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p played) Procedure(name string, _ int) *procedure.Procedure { return p.Law[name] }

func (p played) Stated(seq uint64) (string, []byte, error) {
	a := p.Act(seq)
	if a.Event == "" {
		a.Event = procedure.OpenEvent
	}
	return a.Event, a.Fields, nil
}

func (p played) Deadlines(r *procedure.Record) ([]procedure.Deadline, error) {
	return p.Law[r.Procedure].Deadlines(p.World, r, p.Time), nil
}

func (p played) Facts() procedure.Facts { return p.World }
func (p played) Now() int64             { return p.Time }

// Ensure every report counts what every scenario of the law leaves behind, and
// decides about each row; and that the figures of some are those that a reader
// of the scenario counts by hand.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("../procedure/law/testdata/*.txt")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d scenarios: %v", len(files), err)
	}
	compared := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		played := func(w *script.World) {
			for _, d := range Definitions() {
				res, err := d.Compute(context.Background(), played{w}, Request{})
				if err != nil {
					t.Errorf("%s: %s: %v", name, d.Name, err)
					continue
				}
				for _, l := range res.LeftOut {
					if l.Code == leftUndecided || l.Code == leftOtherLaw {
						t.Errorf("%s: %s left out %d rows as %s", name, d.Name, l.Count, l.Code)
					}
				}
				if figures := byHand[name][d.Name]; figures != nil {
					holds(t, res, figures)
					compared++
				}
			}
		}
		script.Play(string(text), script.Options{Law: embedded(), Calendar: data.Workdays, Rules: data.Rules, After: played, Read: func(other string) ([]byte, error) {
			return os.ReadFile(filepath.Join(filepath.Dir(file), filepath.Base(other)))
		}})
	}
	if compared != 9 {
		t.Errorf("%d reports were compared with what was counted by hand", compared)
	}
}

// byHand are figures that were counted in the text of a scenario: its file, the
// report, the figure.
var byHand = map[string]map[string]map[string]string{
	"rm_monitoring_and_lists.txt": {
		"risk_monitoring": {"products": "2", "batches": "2", "problem_rate": "1/2=0.5000 [0.0945, 0.9055] small", "-batches/no_sample": "1"},
		"technical_help": { // solved, reopened, given up, resumed, one of two solved; another cancelled
			"dispatches": "5", "trainings": "1", "clusters": "1", "enterprises": "1", "problems_solved": "1", "-problems/unsolved": "1", "-helped/cancelled": "1",
		},
		"reciprocity":    {"sent/130000/120000": "3", "received": "3", "-days/own_region": "1"},
		"risk_classes":   {"enterprises/b": "1", "-ratings/superseded": "1", "-ratings/withdrawn": "1"},
		"red_black_list": {"entries": "0", "-entries/withdrawn": "1", "-entries/dropped": "1"},
	},
	"hd_major.txt": { // two of one bureau and its superior, one struck off and opened again at the look back
		"hidden_dangers": {"registered": "2", "registered/major": "2", "struck_off": "0", "open": "2", "share": "0/2=0.0000 [0.0000, 0.6576] small", "reopened": "1"},
	},
	"pt_round.txt": { // three rounds, one laboratory and one measurand in each
		"proficiency": {"rounds": "3", "labs": "1", "judged/satisfactory": "3", "share": "3/3=1.0000 [0.4385, 1.0000] small"},
	},
	"ca_drive_and_competition.txt": {
		"listed_floor": {"share": "110/390=0.2821 false", "share/110000": "30/200=0.1500 false", "share/120000": "40/90=0.4444 true", "share/130000": "40/100=0.4000 true"},
	},
	"ma_substitution_dispute_rectification.txt": { // on site and findings on one day, the substitute and the other expert
		"reciprocity": {"sent": "2", "sent/110000/130000": "1", "sent/120000/130000": "1", "received/130000": "2"},
	},
}
