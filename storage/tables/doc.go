// Package tables keeps the rows of shared data sets at the node of the bureau that owns
// them. They lie in the vault's Pebble, in keys of their own.
//
// It promises:
//   - the rows of a load become visible together, durably, when Commit returns, in the
//     place of those before; until then, and after an abort or a crash, nobody sees one;
//   - a load takes each key once; what it replaces is deleted afterwards, and a scan that
//     is under way still sees the rows that it began with;
//   - rows come in the order of their keys, from any key on;
//   - at rest nothing of a row is readable without the vault's key but its key, which is
//     made of columns that are not personal, and its length; a row that was changed,
//     swapped or moved is an error;
//   - memory does not grow with the number of rows; a load leaves ReserveBytes of the
//     disk free, as uploads do.
//
// What it does not do: it knows rows as bytes. What they mean, consensus/dataset says; who
// may see them, api/dataset.
package tables
