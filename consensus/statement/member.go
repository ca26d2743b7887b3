package statement

// member is a member of a body that must be there.
type member struct {
	field string
	there bool
}

// missing refuses the first that is not there.
func missing(members ...member) error {
	for _, m := range members {
		if !m.there {
			return refuseField(CodeMissing, m.field)
		}
	}
	return nil
}
