package procedure

// The members of the composite types. A kind is an identifier; documents list
// the kinds they accept as `values`.
var (
	kindMember = Field{Name: "kind", Type: TypeString, Max: bound(40)}

	officerMembers = []Field{
		{Name: "cert_no", Type: TypeString, Min: bound(2), Max: bound(40)},
		{Name: "person", Type: TypePerson},
	}
	intervalMembers = []Field{
		kindMember,
		{Name: "from", Type: TypeDate},
		{Name: "to", Type: TypeDate},
	}
	materialMembers = []Field{
		{Name: "commitment", Type: TypeCommitment},
		kindMember,
		{Name: "name", Type: TypeString, Max: bound(120), Optional: true},
		{Name: "pages", Type: TypeInt, Min: bound(0), Max: bound(100_000)},
		{Name: "sha256", Type: TypeHash, Optional: true},
		{Name: "size", Type: TypeInt, Min: bound(0), Max: bound(1 << 40)},
	}
)

func bound(v int64) *int64 { return &v }

// material validates one of the materials: what it is, how many pages, and the
// salted commitment of its bytes, which are in the owner's vault.
func (c *checker) material(f *Field, i int) reason {
	if why := c.object(materialMembers, i); why != valid {
		return why
	}
	return need(c.choice(f, i), badChoice)
}
