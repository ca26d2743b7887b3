// Package v1 is what the public API says and hears: the bodies of /v1 as Go
// types, one file per noun. Server and client share them, so that neither can
// drift from the other; the API description is generated from their tags.
//
// Times are RFC 3339 in +08:00, whole seconds. Hashes are unpadded base64url of
// SHA-256. Numbers of the ledger (index, size) start at 0 and count leaves.
package v1
