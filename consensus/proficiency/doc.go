// Package proficiency computes the statistics of a proficiency-testing round
// (能力验证): the assigned value, scores and verdicts, and whether the samples
// were fit for it. The formulas are those of ISO 13528 (GB/T 28043) and, for
// Algorithm A, ISO 5725-5, as the house's sources quote them.
//
// The figures are computed outside the state machine, handed in as decimals of
// stated places, and recomputed by any region and by the verifier. So that all of
// them agree to the last digit, nothing here is a machine float: values are exact
// decimals, and roots are taken to 256 bits (77 digits), far beyond any rounding.
package proficiency
