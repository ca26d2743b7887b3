package v1

// NodeStatus is where a node and its ledger stand.
type NodeStatus struct {
	Network     string       `json:"network" doc:"base64url SHA-256 of the genesis document"`
	Name        string       `json:"name"`
	Origin      string       `json:"origin" doc:"C2SP origin of the ledger"`
	Synthetic   bool         `json:"synthetic" doc:"sample data only: every page has to say so"`
	Practice    bool         `json:"practice" doc:"driven by a scenario clock"`
	Region      string       `json:"region"`
	Node        string       `json:"node"`
	Version     string       `json:"version" doc:"of the software"`
	Protocol    int          `json:"protocol" doc:"version of the ledger's rules"`
	Size        uint64       `json:"size" doc:"leaves"`
	Root        string       `json:"root" doc:"RFC 6962 root of all leaves"`
	StateDigest string       `json:"state_digest" doc:"digest of everything derived from the leaves; equal on all nodes at one size"`
	LedgerTime  string       `json:"ledger_time" format:"date-time"`
	Now         string       `json:"now" format:"date-time" doc:"this node's clock, or the scenario clock"`
	Replica     Replica      `json:"replica"`
	Regions     []RegionInfo `json:"regions"`
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
