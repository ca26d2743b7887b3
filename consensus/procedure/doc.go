// Package procedure is the law as data: it reads procedure documents, compiles
// their guards, and steps records through them.
//
// A document (schema in README.md) says which states a record of one kind may
// be in, which events move it, who may cause them, which fields they carry and
// which time limits run. No Go file here names a procedure, a state or an
// event; a test holds that.
//
// What the package promises:
//   - Open and Step are pure functions of the record, the act, the law and what
//     Facts answers. They ask no clock, no locale and no random source, use no
//     floating point and never let map order show. Equal input gives an equal
//     record, byte for byte, on every replica.
//   - An act that breaks a rule is a *Refusal with a code, the provision it
//     rests on and a sentence in Chinese and English; the record is then
//     untouched. Any other error is a failure of Facts (storage) and says
//     nothing about the act.
//   - Compile refuses a document whose guards could cost more than a fixed
//     bound, whose references do not resolve, which has states that cannot be
//     reached or left, or whose condition events could fire for ever. What
//     compiles terminates.
//   - Deadlines are computed from facts of the record, the calendar and the
//     rule table; no due date is typed or stored while a clock runs. A verdict
//     (met, late) is stored once, when the clock stops.
//
// A Procedure is immutable after Compile and safe for concurrent use; a Record
// belongs to its caller.
package procedure
