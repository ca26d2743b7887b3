// Package graph draws a procedure document as a state machine, for people: as
// Mermaid text and as an SVG of its own, without a layout program. Both are the
// same for the same document, byte for byte.
//
// It is pure and does no I/O. It draws what a document says; whether that makes
// sense is for procedure.Compile and the package lint.
package graph
