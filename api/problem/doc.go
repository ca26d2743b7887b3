// Package problem is how every door of a node says no: RFC 9457 problem
// details with a machine code.
//
// What it promises:
//   - One Code per cause, mapped to one HTTP status in one table. Clients and
//     tests match the code; the text may change.
//   - Texts in Chinese and English, chosen by Accept-Language (RFC 9110
//     section 12.5.4); Chinese when the caller does not say.
//   - All field errors of a request at once, each with its place and code, none
//     with the offending value: a value may be personal data.
//   - Nothing of the inside leaves: no path, key id, stack or Go error string.
//     An error that is not a *Problem becomes `internal` and nothing more.
package problem
