// Package redraw draws a draw again from what a node tells of it (v1.Draw, with the
// texts of pool and rule) and holds every part against that: the two texts against
// what was frozen, each region's contribution against its key, seed, ranking, who was
// selected and who follows, and vacant places against the ranking. It asks nobody: the
// same file gives the same report anywhere.
//
// That the keys are the regions' own, and that the record is the ledger's, it takes
// from the file; sandi-audit proves both from a bundle.
package redraw
