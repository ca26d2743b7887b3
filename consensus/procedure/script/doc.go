// Package script plays scenario scripts against procedure documents: text
// files that state what happens, by whom, when, and what the law answers. A
// bureau's lawyer can read them and write new ones; they are the tests of the
// documents.
//
// A script is a list of commands, one a line. Lines that are indented give the
// fields of the act above them. After a line `----` stands the answer that the
// engine gave, up to the next empty line; `go test -rewrite` writes it anew,
// and the reviewer reads the difference. `expect` lines say what has to come
// out and are never rewritten. `#` starts a comment.
//
//	at 2025-11-12 10:05             the ledger's time, and the signed time of what follows
//	signed 2025-11-12 09:50         signed time of the next act only
//	open case1 <procedure> by 110115-SJ clerk 甲
//	  case_file_no: 京大市监立〔2025〕7号
//	  matters: [{"no":1,"question":"..."}]
//	act case1 <event> by 110115-SJ bureau_head 乙
//	expect accepted                 or: refused <code>, late <code>, warned <code>, waiting
//	state case1                     where the record stands, its parties and clear fields
//	deadlines case1                 every run of a limit, counted
//	options case1                   what may happen next, by whom, what stands against it
//	marked <set> <key>              which record holds a mark
//	mark <set> case1 <field> 130000 the ledger has marked the list in that field, for that region
//	regions 110000 120000 130000    the members; these three when not said
//	table <file>                    from here on the rule table of that file is in force
//	calendar <file>                 from here on the calendar of that file is in force
//
// An actor is an organisation, an office role and a name; the region follows
// from the organisation, the name is turned into a pseudonym. A field's value
// is written plainly when it is text, a number or a truth value, else as JSON.
// A value for a field that is only committed or stays at home is replaced by a
// commitment, as a bureau's node would do; `#word` stands for the commitment
// of an object of that name.
//
// After every act the package checks what must always hold: a refused act
// leaves the record as it was, and a record read back from its bytes behaves
// as the one in memory.
package script
