// The scenario of the charger (DOMAIN 7.1), played through the screens by its people:
// sampling in Tianjin, a producer in Hebei, pieces sold on to Beijing.
import { play } from '../scenario.mjs'

export const scenario = 'charger'
export const byHand = true

export default async function walk(kit) {
  await kit.check('the charger, every step on the screens', () => play(kit, scenario))
}
