package v1

// NodeStatus is where a node and its ledger stand.
type NodeStatus struct {
	Network     string        `json:"network" doc:"base64url SHA-256 of the genesis document"`
	Name        string        `json:"name"`
	Origin      string        `json:"origin" doc:"C2SP origin of the ledger"`
	Synthetic   bool          `json:"synthetic" doc:"sample data only: every page has to say so"`
	Practice    bool          `json:"practice" doc:"driven by a scenario clock"`
	Region      string        `json:"region"`
	Node        string        `json:"node"`
	Version     string        `json:"version" doc:"of the software"`
	Protocol    int           `json:"protocol" doc:"version of the ledger's rules"`
	Size        uint64        `json:"size" doc:"leaves"`
	Root        string        `json:"root" doc:"RFC 6962 root of all leaves"`
	StateDigest string        `json:"state_digest" doc:"digest of everything derived from the leaves; equal on all nodes at one size"`
	LedgerTime  string        `json:"ledger_time" format:"date-time"`
	Now         string        `json:"now" format:"date-time" doc:"this node's clock, or the scenario clock"`
	Replica     Replica       `json:"replica"`
	Checkpoints *Checkpoints  `json:"checkpoints,omitempty" doc:"what this node has signed and shows of the ledger's tree"`
	AccessLog   *AccessStatus `json:"access_log,omitempty" doc:"who looked at private data on this node: how its log stands"`
	Seal        *Seal         `json:"seal,omitempty" doc:"newest day that is sealed"`
	Moves       []Move        `json:"moves,omitempty" doc:"moves of leadership that a region has signed and that are not done: they need a second one"`
	Regions     []RegionInfo  `json:"regions"`
}

// Move is a move of leadership (leader.move) that waits for signatures. It stands beside
// the ledger until it is done.
type Move struct {
	Leader    string   `json:"leader" doc:"node that is to lead no more"`
	Candidate string   `json:"candidate" doc:"node that is to lead"`
	Term      uint64   `json:"term" doc:"of Raft, when it was signed"`
	Regions   []string `json:"regions" doc:"that have signed"`
	Needs     int      `json:"needs" doc:"regions that have to sign the same"`
	Until     string   `json:"until" format:"date-time" doc:"then the first signature counts no more"`
}

// Seal is a day whose final checkpoint stands on the ledger.
type Seal struct {
	Day   string `json:"day" format:"date"`
	Index uint64 `json:"index" doc:"leaf that says so"`
	Size  uint64 `json:"size" doc:"leaves of the sealed checkpoint"`
}

// Replica is a node's place among the others.
type Replica struct {
	Role    string   `json:"role" enum:"leader,follower,candidate,shutdown,unknown"`
	Leader  string   `json:"leader,omitempty" doc:"node that leads, as far as this one knows"`
	Term    uint64   `json:"term"`
	Applied uint64   `json:"applied" doc:"Raft index applied here"`
	Commit  uint64   `json:"commit" doc:"Raft index known to be committed"`
	Ready   bool     `json:"ready" doc:"takes writes and linearizable reads"`
	Voters  []string `json:"voters"`
	Hints   []Hint   `json:"hints" doc:"how the other nodes seem to be, from gossip; nothing follows from it"`
}

// Hint is how another node seems to be.
type Hint struct {
	Node    string `json:"node" example:"120000-a"`
	State   string `json:"state" enum:"up,suspect,down,unknown"`
	Version string `json:"version,omitempty" doc:"of its software, as it says"`
	Since   string `json:"since,omitempty" format:"date-time" doc:"when this state was first seen, by this node's real clock"`
}

// Checkpoints is how a node's view of the ledger's tree is signed.
type Checkpoints struct {
	Cosigned   uint64      `json:"cosigned" doc:"leaves of the checkpoint that this node cosigned last"`
	Published  *Checkpoint `json:"published,omitempty" doc:"newest one that two regions have cosigned"`
	Final      *Checkpoint `json:"final,omitempty" doc:"newest one that as many regions as genesis demands have cosigned"`
	Evidence   []string    `json:"evidence" doc:"ids of forks that nobody has dealt with yet; must be empty"`
	Stopped    string      `json:"stopped,omitempty" doc:"why this node cosigns nothing until its operator acts"`
	Warning    string      `json:"warning,omitempty" doc:"what the operator has to look into, e.g. whose cosignature is missing"`
	Quarantine string      `json:"quarantine,omitempty" doc:"why this node does not vote"`
	Others     []Reach     `json:"others" doc:"how far the other nodes were when they last showed their own checkpoint"`
}

// Reach is how far another node was.
type Reach struct {
	Node string `json:"node" example:"120000-a"`
	Size uint64 `json:"size" doc:"leaves under its own newest checkpoint"`
	AgoS *int   `json:"ago_s,omitempty" doc:"seconds since it answered last; absent when it has not since this node's start"`
}

// Checkpoint is a tree that regions have cosigned.
type Checkpoint struct {
	Size       uint64   `json:"size" doc:"leaves"`
	Root       string   `json:"root" doc:"RFC 6962 root, base64url"`
	CosignedBy []string `json:"cosigned_by" doc:"regions, each once"`
}

// RegionInfo is a member region.
type RegionInfo struct {
	Code  string     `json:"code" example:"110000"`
	Name  Label      `json:"name"`
	Nodes []NodeInfo `json:"nodes"`
}

// NodeInfo is one server of a region.
type NodeInfo struct {
	ID    string `json:"id" example:"110000-a"`
	Voter bool   `json:"voter"`
}
