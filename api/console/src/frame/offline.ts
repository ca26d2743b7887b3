// What is said in a bureau's name at large is signed with its governance key, on a
// machine without a network. Pages prepare what is carried there, and show the lines
// to be typed.

/** Signing is what every line of that machine needs. clock is set on practice networks only. */
export interface Signing {
  region: string
  practice: boolean
  clock: string
}

/** offline is a line for that machine: what is signed, by whose key, into which file. */
export function offline(what: string, file: string, s: Signing): string {
  const at = s.practice ? ` --at ${s.clock}` : ''
  return `sandi ${what} --region ${s.region} --key offline/governance.pem --genesis genesis.json${at} -f ${file}`
}
