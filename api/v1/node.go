package v1

// Nodes is GET /v1/nodes: which nodes the network has, as the ledger tells, and how
// they stand in Raft. In this form it is also what a new node is given to begin
// with (`nodes` in sandi.yaml).
type Nodes struct {
	Network  string           `json:"network" doc:"base64url SHA-256 of the genesis document"`
	Nodes    []Node           `json:"nodes" doc:"by region, those of genesis first; the removed ones too"`
	Removals int              `json:"removals" doc:"how many other regions have to sign to remove a region's node"`
	Plan     []MembershipStep `json:"plan" doc:"what the leader is about to change in Raft's configuration, in this order"`
	Waits    []MembershipWait `json:"waits" doc:"what is amiss in it and cannot be mended now"`
}

// Node is one server of a region.
type Node struct {
	ID       string   `json:"id" example:"120000-a"`
	Region   string   `json:"region" example:"120000"`
	Peer     string   `json:"peer" doc:"host:port for Raft and the peer API"`
	Gossip   string   `json:"gossip" doc:"host:port of the health gossip"`
	Public   string   `json:"public" doc:"base URL of the public API"`
	Server   string   `json:"server" enum:"voter,standby,none" doc:"what it is in Raft's committed configuration"`
	Added    *uint64  `json:"added,omitempty" doc:"leaf that added it; absent for a node of genesis"`
	Removed  *uint64  `json:"removed,omitempty" doc:"leaf that removed it; absent while it stands"`
	Against  []string `json:"against" doc:"other regions that want it removed"`
	Log      *NodeKey `json:"log,omitempty" doc:"the key of its checkpoints; absent once removed"`
	Cosigner *NodeKey `json:"cosigner,omitempty" doc:"the key of its cosignatures; absent once removed"`
}

// NodeKey is a node's public key.
type NodeKey struct {
	ID  string `json:"id"`
	Alg string `json:"alg"`
	Key []byte `json:"key" doc:"base64"`
}

// MembershipStep is one change of Raft's configuration.
type MembershipStep struct {
	Action string `json:"action" enum:"add,promote,demote,remove" doc:"take in without a vote, give a vote, take the vote, take out"`
	Node   string `json:"node"`
	Region string `json:"region"`
}

// MembershipWait is why the configuration is not as it should be.
type MembershipWait struct {
	Code   string `json:"code" enum:"no_quorum,unsafe,no_vote,voter_dead,catching_up,standby_dead,held,removed_voter"`
	Region string `json:"region,omitempty"`
	Node   string `json:"node,omitempty"`
	Text   Label  `json:"text"`
}
