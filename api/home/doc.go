// Package home reads what records keep at home: the values of fields that the law
// declares home or commit. They lie in the vault of the region that stated them; the
// ledger has their salted commitments.
//
// It promises:
//   - at home a value is given to people of the bureau whose office role the law
//     document names, and to nobody else;
//   - another region is given home values only when the law document releases them:
//     a record of the network has selected this one, that region is a party to it,
//     and the asker's role is named. This node's own ledger decides, not the asker;
//   - what another region gives is held against the commitments on this node's
//     ledger before anybody sees it, and is not stored;
//   - every reading, release and refusal stands in the access log (consensus/access)
//     before a value is given. When the log cannot be written, nothing is given.
package home
