package audit

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"sandi.internal/gateway/api/problem"
)

// Evidence is two signed checkpoints that cannot both be honest.
type Evidence struct {
	ID     string // by which operators name it
	Why    string // how they contradict each other, one sentence
	Seen   int64  // unix s of this node's clock
	From   string // who showed the second one: region/node, or "" for a stranger
	First  []byte // the note that this node held before
	Second []byte // the note that contradicts it
}

// evidenceList is the answer of /log/evidence: forks, and promises that were broken.
type evidenceList struct {
	Items  []evidenceItem `json:"items"`
	Delays []delayItem    `json:"delays"` // submission promises that were not kept
}

type evidenceItem struct {
	N     int      `json:"n"`
	ID    string   `json:"id"`
	Why   string   `json:"why"`
	Seen  string   `json:"seen"`
	From  string   `json:"from,omitempty"`
	Notes []string `json:"notes"` // the two notes; in the list their paths
}

func (e *Evidence) item(n int, notes ...string) evidenceItem {
	return evidenceItem{N: n, ID: e.ID, Why: e.Why, From: e.From, Seen: time.Unix(e.Seen, 0).In(beijing).Format(time.RFC3339), Notes: notes}
}

// evidence is GET /log/evidence: everything that stands against anyone.
func (l *Log) evidence(w http.ResponseWriter, _ *http.Request) error {
	list := evidenceList{Items: []evidenceItem{}, Delays: []delayItem{}}
	for _, d := range l.cfg.Delays() {
		list.Delays = append(list.Delays, d.item())
	}
	for n, e := range l.cfg.Evidence() {
		at := PrefixPublished + "/evidence/" + strconv.Itoa(n)
		list.Items = append(list.Items, e.item(n, at+"/first", at+"/second"))
	}
	body, err := json.Marshal(list)
	if err != nil {
		return err
	}
	send(w, "application/json", "no-store", append(body, '\n'))
	return nil
}

// beijing is the zone of every time that the doors say.
var beijing = time.FixedZone("CST", 8*3600)

// evidenceNote is GET /log/evidence/{n}/{which}: one note, byte for byte.
func (l *Log) evidenceNote(w http.ResponseWriter, r *http.Request) error {
	all := l.cfg.Evidence()
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 0 || n >= len(all) || strconv.Itoa(n) != r.PathValue("n") {
		return problem.New(problem.NotFound)
	}
	note, ok := map[string][]byte{"first": all[n].First, "second": all[n].Second}[r.PathValue("which")]
	if !ok {
		return problem.New(problem.NotFound)
	}
	send(w, mediaCheckpoint, "no-store", note)
	return nil
}
