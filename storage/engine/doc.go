// Package engine opens Pebble the one right way.
//
// It promises:
//   - every store of a node is opened with the same on-disk format, pinned here
//     and raised only as a deliberate step, never by a library upgrade;
//   - a directory of another kind, of a newer format, of a stranger, or already
//     in use is refused with one line that says what to do, and is not touched;
//   - a failed write, a failed flush or bytes that differ from what was written
//     end the process: nothing is acknowledged from memory afterwards;
//   - blocks and memtables of all stores that share a Cache stay within that
//     cache's bytes and 44 MiB, together, or the memtables alone in 66 MiB;
//   - the disk is reached only through one seam, FS, where tests inject faults.
//
// It knows no keys and no values. Only packages under storage import it for
// its embedded *pebble.DB; other rooms see DB as an opaque handle to pass on.
package engine
