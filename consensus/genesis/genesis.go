package genesis

import "sandi.internal/gateway/certs/keyring"

// Format names the layout of the genesis document.
const Format = "sandi-genesis/1"

// Clock says which clock drives a network. It is a fact of genesis and can
// never change.
type Clock string

const (
	ClockReal     Clock = "real"
	ClockPractice Clock = "practice" // one scenario clock; sample data only
)

// Genesis is everything the regions agree on before the first statement. Its
// exact bytes are signed by every region's governance key; the SHA-256 of those
// bytes is the network id that every statement carries.
type Genesis struct {
	Format    string    `json:"format"`
	Name      string    `json:"name"`       // for people, e.g. "Beijing-Tianjin-Hebei (demo)"
	Origin    string    `json:"origin"`     // C2SP origin of the ledger, e.g. "sandi.internal/ledger"
	Clock     Clock     `json:"clock"`      //
	CreatedAt string    `json:"created_at"` // RFC 3339, +08:00; ledger time starts here
	Synthetic bool      `json:"synthetic"`  // true for demo and practice networks: every page says so
	Protocol  int       `json:"protocol"`   // version of the ledger's rules at the start: 1
	Final     string    `json:"final"`      // who must cosign for "final": "all", or "N" regions as a decimal
	Timeouts  Timeouts  `json:"timeouts"`
	Regions   []Region  `json:"regions"`  // sorted by code
	Law       []LawText `json:"law"`      // procedure documents, sorted by name
	Rules     string    `json:"rules"`    // deadline rule table (YAML), full text
	Calendar  string    `json:"calendar"` // working-day table (JSON), full text
}

// Timeouts are facts of the cluster, not of a node: a lease longer than
// another region's election timeout makes stale reads possible. Milliseconds.
type Timeouts struct {
	HeartbeatMS int `json:"heartbeat_ms"`
	ElectionMS  int `json:"election_ms"`
	LeaseMS     int `json:"lease_ms"`
	CommitMS    int `json:"commit_ms"`
}

// Region is one bureau: a province-level market-supervision authority.
type Region struct {
	Code       string              `json:"code"` // six digits, e.g. "110000"
	NameZH     string              `json:"name_zh"`
	NameEN     string              `json:"name_en"`
	Governance keyring.PublicKey   `json:"governance"`
	Statement  []keyring.PublicKey `json:"statement"`
	Issuers    []Issuer            `json:"issuers"`
	Roots      [][]byte            `json:"roots"` // the region's CA certificates, DER
	Nodes      []Node              `json:"nodes"`
	Orgs       []Org               `json:"orgs"` // the bureau itself first
}

// Issuer is a token issuer of a region and what its tokens may grant at most.
type Issuer struct {
	ID    string              `json:"id"` // the iss claim, e.g. "https://110000.sandi/issuer"
	Keys  []keyring.PublicKey `json:"keys"`
	Roles []string            `json:"roles"`
}

// Node is one server of a region.
type Node struct {
	ID       string            `json:"id"` // e.g. "110000-a"; the Raft server id
	Voter    bool              `json:"voter"`
	Peer     string            `json:"peer"`   // host:port for Raft and the peer API
	Gossip   string            `json:"gossip"` // host:port of the health gossip
	Public   string            `json:"public"` // base URL of the public API
	Log      keyring.PublicKey `json:"log"`
	Cosigner keyring.PublicKey `json:"cosigner"`
}

// Org is an organisation of a region: `<division6>-<unit>`, unit SJ (bureau),
// ZF (enforcement team) or ZJ (institute).
type Org struct {
	Code   string `json:"code"`
	NameZH string `json:"name_zh"`
	NameEN string `json:"name_en"`
	Level  string `json:"level"` // state, province, city, county
	Parent string `json:"parent,omitempty"`
}

// LawText is the full text of one procedure document.
type LawText struct {
	Name string `json:"name"`
	Text string `json:"text"`
}
