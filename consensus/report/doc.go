// Package report counts what the ledger's records say: reports as data.
//
// A definition (defs/*.yaml) says which records are read and what a row is (a
// record, an act on it, an item of a list, a run of a time limit), which rows are
// left out and why, how doubles are told, what is measured (rows, sums, distinct
// values, ratios with their numerator and denominator, Spearman's rank
// correlation) and by what it is broken down. Its expressions are those of the
// law's guards. No Go file names a procedure.
//
// It promises:
//   - Pure functions. Records in, figures out; the same ledger at the same length
//     gives the same report on every node. No clock, no map order, no machine
//     floats: sums and ratios are exact, intervals and correlations are rounded
//     once, from integers, to stated places.
//   - Nothing falls away in silence. What a row set leaves out is counted, with
//     its reason, and listed on request, as is what a figure counts.
//   - Memory does not grow with the records, only with the distinct values that
//     are told apart, and both have bounds.
//
// A report counts the records that its reader's region may see, no others. It is
// no verdict and no ranking of people or bureaus.
package report
