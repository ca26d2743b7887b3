// Package setup founds a real network, one bureau at a time. Every bureau makes
// its own keys (Init) and hands out only its member file; one of them joins the
// member files to a draft genesis (Assemble); every bureau checks the
// fingerprint out of band and signs the draft with its offline governance key.
// A genesis with all signatures starts the network, without any bureau having
// seen another's private key.
package setup
