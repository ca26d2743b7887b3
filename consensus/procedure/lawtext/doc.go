// Package lawtext reads the strict subset of YAML in which the regions write
// what they vote on: procedure documents and deadline rule tables.
//
// It promises:
//   - one document, one mapping at the top, UTF-8, no tabs in indentation;
//   - no anchors, aliases, merge keys, tags, directives, explicit keys or block
//     scalars: what a reader sees on a line is all there is;
//   - no duplicate and no unknown keys, no empty values;
//   - no control, bidirectional or zero-width characters, so that a text on a
//     screen is the text that is adopted;
//   - bounded size, line length, nesting and node count, checked before the
//     YAML parser sees the text;
//   - mappings keep their order; scalars stay text until a reader asks for a
//     number or a truth value, so `no`, `on` and `0777` mean what they say;
//   - every error names its line.
//
// It keeps no state and asks nothing of the machine: equal bytes give equal
// results on every replica.
package lawtext
