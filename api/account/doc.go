// Package account is who may sign in at a node with a name and a password: the fallback
// beside a bureau's own identity provider, and the way in for the first administrator.
//
// What it promises:
//   - A sign-in tells nothing about accounts: a name that does not exist, a wrong
//     password, a disabled account and an initial password past its time get one
//     answer, after the same work, and the same waits.
//   - Tries are counted before a password is looked at, on disk, by name (one for all
//     its spellings) and by address. After a few wrong ones both have to wait, longer
//     each time, over restarts; tries at a time do not get around it.
//   - A password is kept as Argon2id only. Two are computed at a time, some wait, more
//     are turned away: nobody can use up the node's memory by signing in.
//   - One person holds one account that is not disabled, and one of the three
//     administrators' roles (api/auth) alone: an account never changes between an
//     office and administration, or between two of the three.
//   - What administrators do stands in a log (Acts) before it happens; an act that
//     cannot be written down is refused. Its lines are chained: one that was changed
//     or taken out is found, and then the log takes none until somebody answers for it.
//   - Every change of an account ends its sessions: they carry its epoch.
//
// A store is a folder of three files, whole or not there. Node and command line share it
// under a file lock, so that the first account can be made before the node runs, and
// what a command changes counts at the node's next request.
//
// What it does not do: whoever can write the folder can put an account into it, as
// whoever holds the region's token key can let anybody in. The chain shows who changed
// lines, not who wrote the whole log anew: the audit administrator keeps its last digest.
package account
