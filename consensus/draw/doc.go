// Package draw is the verifiable random draw (随机抽取): who or what is drawn
// follows from what was frozen before and from one contribution of each region
// that nobody, the region included, could choose.
//
// A draw freezes a Pool (the candidates, by stratum, with those excluded and why)
// and a Rule (how many of each stratum). Each region then signs the same Message
// with its BLS12-381 draw key (certs/keyring): such a signature is unique, so a
// region can give its contribution or withhold it, and nothing else. The Seed is
// SHA-256 over the contributions in the order of region codes. Rank orders every
// stratum's candidates by it; the first of them are selected, the others follow
// as reserves in that order.
//
// What it promises:
//   - Everything is a pure function of pool, rule and contributions: whole
//     numbers only, no clock, no map order, no randomness of this process.
//   - Pool, rule and ranking have one spelling each: Parse accepts exactly what
//     Marshal writes, so their SHA-256 digests can stand on the ledger.
//   - Every order of a stratum's candidates is equally likely: a Fisher-Yates
//     shuffle (Durstenfeld) whose numbers are drawn by rejection, never by a
//     biased remainder.
//   - A candidate is replaced only by the next in rank (Ranking.Next).
//
// The formats are text lines, so that a browser or a script recomputes a draw in
// a page of code: api/console/src/draw does, and testdata holds the vectors of both.
package draw
