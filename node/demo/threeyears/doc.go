// Package threeyears makes a synthetic data set of three years of work and loads
// it through the public API of running nodes: risk monitoring, technical help,
// rectification drives, situation analyses, risk ratings, lists. Its true records
// give exactly the figures of the sources (50 products and 1,510 batches, 945
// dispatches, 274 trainings and meetings, 10 clusters, 1,279 enterprises, 766
// problems found and solved), although it also holds doubles, cancelled, reopened
// and unsolved ones.
//
// What the reports have to say is counted while the data are made, by who makes
// them, not by the reports' code. Equal seeds give equal data. Everything is
// invented, marked SYNTHETIC in every name, and its credit codes are of the form
// that no registry gives out (XXXX).
package threeyears
