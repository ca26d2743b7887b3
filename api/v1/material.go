package v1

// Material is a private file in a bureau's vault.
type Material struct {
	Commitment string `json:"commitment" doc:"salted commitment to its bytes: what a record names it by" example:"sc1.4uXxO4cJ2Rr1Fq2m7l3a4r7U0gq0c1Yy3vR8h2pHq0A"`
	Size       int64  `json:"size" doc:"bytes"`
	SHA256     string `json:"sha256" doc:"base64url; tell nobody who may not know the content"`
}
