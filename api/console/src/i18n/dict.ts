import { words as account } from '../account/words'
import { words as api } from '../api/words'
import { words as audit } from '../audit/words'
import { words as dataset } from '../dataset/words'
import { words as desk } from '../desk/words'
import { words as draw } from '../draw/words'
import { words as expert } from '../expert/words'
import { words as form } from '../form/words'
import { words as frame } from '../frame/words'
import { words as keys } from '../keys/words'
import { words as help } from '../help/words'
import { words as mission } from '../mission/words'
import { words as nodes } from '../nodes/words'
import { words as paper } from '../paper/words'
import { words as practice } from '../practice/words'
import { words as record } from '../record/words'
import { words as report } from '../report/words'
import { words as session } from '../session/words'
import { words as sheet } from '../sheet/words'
import { words as tour } from '../tour/words'
import { words as verify } from '../verify/words'
import { words as votes } from '../votes/words'
import { fill, type Lang, type Words } from './words'

/** rooms are the texts of the console that the law documents do not bring along, by the folder that they stand in. */
export const rooms = { account, api, audit, dataset, desk, draw, expert, form, frame, help, keys, mission, nodes, paper, practice, record, report, session, sheet, tour, verify, votes } as const satisfies Record<string, Words>

export const dict = {
  ...account,
  ...api,
  ...audit,
  ...dataset,
  ...desk,
  ...draw,
  ...expert,
  ...form,
  ...frame,
  ...keys,
  ...help,
  ...mission,
  ...nodes,
  ...paper,
  ...practice,
  ...record,
  ...report,
  ...session,
  ...sheet,
  ...tour,
  ...verify,
  ...votes,
} as const satisfies Words

export type Key = keyof typeof dict

/** say gives a text with its places filled in. */
export function say(lang: Lang, key: Key, params: Record<string, string | number> = {}): string {
  return fill(dict[key][lang], params)
}

/** known reports whether a computed name is a key. */
export function known(key: string): key is Key {
  return Object.prototype.hasOwnProperty.call(dict, key)
}
