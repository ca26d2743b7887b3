// Package keyring holds keys: what they are, how they sign and verify, and when
// they are valid.
//
// What it promises:
//   - One Ed25519 predicate, ZIP-215, for single and batch verification, on
//     every node and in the verifier. A batch that fails is decided signature
//     by signature under the same predicate, so batch boundaries never matter.
//   - ES256 signatures are raw r||s in low-S form only: one signature has one
//     spelling.
//   - BLS12-381 signatures, for draws only, are unique: one key and one message
//     have one signature in one spelling.
//   - A key that passes Check is canonical, on its curve, and generates the
//     prime-order group; weak keys never reach a registry.
//   - Validity is judged by ledger index (Life), never by a wall clock.
//   - Private keys do not print, log or marshal themselves by accident, are
//     stored with mode 0600, and never overwrite a file.
//
// Signer and Verifier are the seam for an HSM (PKCS#11, SDF) and for SM2: a
// signer elsewhere only has to name its PublicKey and return a signature.
package keyring
