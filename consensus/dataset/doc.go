// Package dataset is what two nodes have to compute alike about shared data sets: the
// schema of an entry of the catalogue, the rows that fit it, their order and spelling,
// the terms of an agreement, filters, and the evidence that goes with an answer.
//
// It promises:
//   - a schema that New accepts has bounded columns, texts and rows, and a key of clear
//     columns; a row that Row accepts has one spelling, in the store as in an answer;
//   - the order of keys as bytes is the order of the key columns;
//   - a filter is of the strict subset of guards, typed by the schema, without floats,
//     its worst case bounded; it can look only at the columns that it is given, so that
//     nobody finds out by asking what he may not read;
//   - an agreement gives rows only if its fields and its filter fit the schema, between
//     its two sides, in the states that its law names, until its day has passed;
//   - an answer's evidence names the query, the rows and the generation by digest, under
//     the log key of the node that answered.
//
// What it does not do: it keeps no rows (storage/tables), asks nobody and logs nothing
// (api/dataset). It names no procedure: what the fields of a record mean, the section
// `shares` of its law document says.
//
// The package is pure: no clock, network or file.
package dataset
