// Package sheet reads and writes the spreadsheets that bureaus work with: templates
// made of a law document, rows that people filled in, and the same sheet back with
// what is wrong in it.
//
// It knows cells, fields and their words; it knows neither ledger nor vault. Workbooks
// (xlsx) are read within bounds of size, rows and columns, so that a small file that
// unpacks to a large one is refused. CSV comes in as UTF-8 or GB18030 and goes out as
// UTF-8 with a byte order mark. Text that a spreadsheet would take for a formula is
// written with an apostrophe before it and read without.
package sheet
