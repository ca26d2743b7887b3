package promise

import (
	"errors"
	"fmt"
	"strings"

	"sandi.internal/gateway/consensus/statement"
)

// Format is the first line of every promise.
const Format = "sandi-promise/1"

const (
	// MaxBytes bounds a promise with its signature line: the longest origin and
	// node id take 750.
	MaxBytes = 1 << 10
	// MaxPeriod bounds the seconds between Seen and Due: what takes longer is no
	// promise that anybody could hold a node to.
	MaxPeriod = 24 * 3600
)

// Refusals. They come wrapped; errors.Is tells them apart.
var (
	ErrForm      = errors.New("not a submission promise")                              // bytes that are not in the one spelling
	ErrKey       = errors.New("no known log key of the promising node has the key id") // or the signer holds another
	ErrSignature = errors.New("the signature under the promise does not verify")
)

// Promise says that a node has seen a statement and by when it is to be in the
// ledger, committed or refused.
type Promise struct {
	Network string         // network id
	Region  string         // of the node that promises
	Node    string         // its id
	From    string         // region that signed the statement
	ID      string         // the statement's id, unique in that region
	Hash    statement.Hash // of the statement's exact bytes
	Seen    int64          // unix s of the node's clock, scenario time on practice networks
	Due     int64          // unix s, Seen to Seen+MaxPeriod
}

// Body is the text that is signed: six lines, each with its newline.
func (p Promise) Body() []byte {
	return fmt.Appendf(make([]byte, 0, 384), "%s\nnetwork %s\nnode %s/%s\nstatement %s/%s %s\nseen %s\ndue %s\n",
		Format, p.Network, p.Region, p.Node, p.From, p.ID, p.Hash, statement.FormatAt(p.Seen), statement.FormatAt(p.Due))
}

// ParseBody accepts exactly what Body writes of a promise with every member in
// its form. The error wraps ErrForm.
func ParseBody(body []byte) (Promise, error) {
	p, ok := parseBody(string(body))
	if !ok {
		return Promise{}, fmt.Errorf("couldn't read a promise: %w", ErrForm)
	}
	return p, nil
}

func parseBody(body string) (p Promise, ok bool) {
	lines := strings.SplitN(body, "\n", 7)
	if len(body) > MaxBytes || len(lines) != 7 || lines[0] != Format || lines[6] != "" {
		return Promise{}, false
	}
	var values [5]string
	for i, name := range [...]string{"network ", "node ", "statement ", "seen ", "due "} {
		if values[i], ok = strings.CutPrefix(lines[i+1], name); !ok {
			return Promise{}, false
		}
	}
	p.Network = values[0]
	p.Region, p.Node, _ = strings.Cut(values[1], "/")
	from, hash, _ := strings.Cut(values[2], " ")
	p.From, p.ID, _ = strings.Cut(from, "/")
	var errs [3]error
	p.Hash, errs[0] = statement.ParseHash(hash)
	p.Seen, errs[1] = statement.ParseAt(values[3])
	p.Due, errs[2] = statement.ParseAt(values[4])
	if errors.Join(errs[:]...) != nil || p.check() != nil {
		return Promise{}, false
	}
	return p, string(p.Body()) == body
}

// check: the form of every member.
func (p Promise) check() error {
	for _, c := range [...]struct {
		field string
		ok    bool
	}{
		{"network", statement.IsDigest(p.Network)},
		{"node", statement.IsRegion(p.Region) && statement.IsNodeID(p.Node)},
		{"statement", statement.IsRegion(p.From) && statement.CheckID(p.ID) == nil},
		{"due", p.Due >= p.Seen && p.Due-p.Seen <= MaxPeriod},
	} {
		if !c.ok {
			return fmt.Errorf("%s: %w", c.field, ErrForm)
		}
	}
	return nil
}
