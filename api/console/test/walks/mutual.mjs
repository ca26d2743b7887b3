// The scenario of mutual inspection (DOMAIN 7.2), played through the screens by its
// people: a plan of three bureaus, draws, a team in Hebei, findings, rectification.
import { play } from '../scenario.mjs'

export const scenario = 'mutual-inspection'
export const byHand = true

export default async function walk(kit) {
  await kit.check('mutual inspection, every step on the screens', () => play(kit, scenario))
}
