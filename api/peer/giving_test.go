package peer

import "testing"

// giving says of every door between nodes what it gives: private data, and whose test
// holds that each gift leaves a line in the access log, or nothing private.
var giving = map[string]string{
	"POST " + pathForward:               "answers about statements",
	"GET " + pathTerm:                   "Raft's term",
	"GET " + pathReadIndex:              "an index",
	"GET " + pathHello:                  "who this node is",
	"GET " + pathHealth:                 "how this node is",
	"GET " + pathCheckpoints:            "notes that anybody may have",
	"POST " + pathCheckpoints:           "nothing",
	"POST " + pathAddCheckpoint:         "a cosignature",
	"POST " + pathEvidence:              "nothing",
	"POST " + pathMoves:                 "what governance keys signed",
	"POST " + pathPromises:              "a promise",
	"GET " + pathDrawTexts + "{digest}": "pools of pseudonymous ids, for any node of the network",
	"POST " + pathAccess:                "slips, and entries without private values",
	"POST " + pathLend:                  "a connection; what is asked over it are the doors of objects",

	"POST " + pathHome:                                   "logged: api/public TestEveryDoorIsLogged",
	"POST " + pathData:                                   "logged: api/public TestEveryDoorIsLogged",
	"GET " + pathOffers + "/list":                        "logged: node TestGiven",
	"GET " + pathOffers + "/items/{item}/tree":           "logged: node TestGiven",
	"GET " + pathOffers + "/items/{item}/chunks/{chunk}": "logged: node TestGiven",
}

// Ensure whoever adds a door between nodes says what it gives.
func TestGivingDoors(t *testing.T) {
	d := &door{}
	list := append(d.routes(), d.objectRoutes()...)
	for _, r := range list {
		if giving[r.pattern] == "" {
			t.Errorf("%s: say in this file whether it gives private data away, and log it if it does", r.pattern)
		}
	}
	if len(list) != len(giving) {
		t.Errorf("%d doors, %d are judged", len(list), len(giving))
	}
}
