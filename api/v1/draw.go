package v1

// Draw is what a draw is made from and what came of it: all that it takes to draw
// again, as the console does (api/console/src/draw). Digests and signatures are hex.
type Draw struct {
	ID            string          `json:"id" doc:"its record" example:"DR-110000-2025-000001"`
	Network       string          `json:"network" doc:"id of the network: part of what the regions sign"`
	State         string          `json:"state"`
	Kind          string          `json:"kind" doc:"what is drawn"`
	Pool          DrawPart        `json:"pool" doc:"who may be drawn (sandi-pool/1)"`
	Rule          DrawPart        `json:"rule" doc:"how many of each stratum (sandi-draw-rule/1)"`
	Count         int             `json:"count" doc:"candidates in the pool, those excluded included"`
	Quota         int             `json:"quota" doc:"how many are selected"`
	Strata        []DrawStratum   `json:"strata"`
	ExclusionRule string          `json:"exclusion_rule" doc:"version of the rules by which candidates were excluded"`
	Exclusions    []DrawExclusion `json:"exclusions"`
	Regions       []DrawRegion    `json:"regions" doc:"who contributes, by code"`
	Missing       []string        `json:"missing" doc:"regions that have not contributed: the defaulters, once the time is up"`
	Outcome       *DrawOutcome    `json:"outcome,omitempty" doc:"confirmed by two regions"`
	Taken         []DrawTaken     `json:"taken" doc:"reserves that have taken a vacant place or were passed over, in rank"`
}

// DrawPart is the pool or the rule of a draw.
type DrawPart struct {
	Digest string `json:"digest" doc:"SHA-256, as frozen"`
	Held   bool   `json:"held" doc:"this node keeps the text"`
	Text   string `json:"text,omitempty" doc:"with texts=true, when it is held"`
}

// DrawStratum is a stratum with its quota: a number, or a rate in percent.
type DrawStratum struct {
	Stratum string `json:"stratum"`
	Number  int    `json:"number,omitempty"`
	Rate    string `json:"rate,omitempty" example:"30.00"`
}

// DrawExclusion is one who may not be drawn.
type DrawExclusion struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

// DrawRegion is a region's part in a draw.
type DrawRegion struct {
	Region       string `json:"region"`
	Key          string `json:"key,omitempty" doc:"id of the draw key that counts: the one it had when the draw was defined; absent when it had none"`
	Public       string `json:"public,omitempty" doc:"that key, BLS12-381 in G1, compressed"`
	Contribution string `json:"contribution,omitempty" doc:"its signature over the draw, in G2, compressed"`
}

// DrawOutcome is the result of a draw.
type DrawOutcome struct {
	Seed     string   `json:"seed" doc:"SHA-256 over the contributions in the order of region codes"`
	Ranking  string   `json:"ranking" doc:"SHA-256 of the full ranking (sandi-ranking/1)"`
	Selected []string `json:"selected" doc:"in rank"`
	Reserves []string `json:"reserves" doc:"in rank, the first of them"`
}

// DrawTaken is a reserve and the record that it was offered a place in.
type DrawTaken struct {
	ID     string `json:"id"`
	Record string `json:"record"`
}

// DrawText is a pool or a rule that a node has taken in.
type DrawText struct {
	Digest     string `json:"digest" doc:"SHA-256, hex: what a record freezes"`
	Kind       string `json:"kind" enum:"pool,rule"`
	Candidates int    `json:"candidates,omitempty" doc:"of a pool, those excluded included"`
	Excluded   int    `json:"excluded,omitempty" doc:"of them"`
	Strata     int    `json:"strata,omitempty" doc:"of a rule"`
}
