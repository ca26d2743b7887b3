package statement

// Known reports whether a protocol understands a kind in a version. It is the
// only place that lists what a protocol contains; a newer binary on an older
// protocol must answer as the older one does.
func Known(protocol int, kind string, v int) bool {
	if protocol < 1 || v != Version {
		return false
	}
	switch kind {
	case KindRecordOpen, KindRecordAct, KindLedgerSeal, KindAccessHead:
		return true
	}
	return IsGovernance(kind) || IsExchange(kind)
}

// IsGovernance reports whether a kind of protocol 1 must be signed by the
// region's governance key.
func IsGovernance(kind string) bool {
	switch kind {
	case KindKeyAdd, KindKeyActivate, KindKeyRetire, KindKeyRevoke,
		KindIssuerAdd, KindIssuerDrop, KindRoleGrant, KindRoleRevoke, KindTokenRevoke, KindLeaderMove,
		KindLawPropose, KindLawVote, KindLawAdopt, KindNodeAdd, KindNodeRemove, KindRecovery, KindReturn:
		return true
	}
	return false
}

// kinds are the spellings that intern hands out.
var kinds = [...]string{
	KindRecordAct, KindRecordOpen, KindKeyAdd, KindKeyActivate, KindKeyRetire, KindKeyRevoke,
	KindIssuerAdd, KindIssuerDrop, KindRoleGrant, KindRoleRevoke, KindTokenRevoke,
	KindLedgerSeal, KindLeaderMove, KindLawPropose, KindLawVote, KindLawAdopt,
	KindNodeAdd, KindNodeRemove,
	KindOffer, KindWithdraw, KindReceipt, KindDispute,
	KindAccessHead, KindRecovery, KindReturn,
}
