// Package paper fills the documents that bureaus print: from a template, which is text
// that a bureau can edit, and a record, to a v1.Paper that the console lays out on A4 and
// the command line writes as plain text. Documents are in Chinese, as they are filed.
//
// A template is a header in YAML and a body, a paragraph a line (templates/README.md says
// what may stand in both). Defaults are embedded; a file of the same name in the bureau's
// own folder takes a default's place, and further files are further documents (程序规定
// art. 86 lets each province adapt the forms).
//
// The package promises: a value that the record does not have is a blank to be filled in by
// hand, never a word such as undefined; values that the ledger does not hold are blanks that
// say so, for they leave the vault through the access log only. It reads no ledger and no
// vault itself.
package paper
