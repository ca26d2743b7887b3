// Package dataset lets one bureau ask another's shared data set, and a bureau load its
// own: between the doors and consensus/dataset, which says what may be asked, and
// storage/tables, which keeps the rows.
//
// It promises:
//   - rows are given only under an agreement that this node's own ledger, as it has
//     applied it, has in force; by the later of ledger time and its own clock, so that a
//     quiet ledger does not keep an expired agreement alive. That is asked before a page,
//     again every few rows, and once more before the page is given: a revocation ends a
//     question that is being answered;
//   - only agreed fields, only rows that the agreement's filter takes, whatever the
//     asker's own filter says; a filter sees agreed fields only;
//   - every page stands in the access log of both nodes, with the number of rows, before
//     it is given; so does every refusal. What cannot be logged is not given;
//   - a page comes with a note under the answering node's log key: question, rows and
//     generation by digest. The asker gives no page whose note it has not verified, and
//     keeps the note (Kept);
//   - a cursor is sealed: nobody reads a key out of it, makes one, or uses it for another
//     question, agreement, region or generation;
//   - a load is visible as a whole or not at all, and the same file twice is one load.
//
// What it does not do: it cannot hold the asker to its purpose; it writes it down. Who
// may open its doors, api/public and api/peer decide.
package dataset
