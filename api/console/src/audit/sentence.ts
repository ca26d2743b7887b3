import type { Key } from '../i18n/dict'

/** The part of an entry that a sentence needs (api/v1, EventData). */
export interface Said {
  kind: string
  procedure?: string
  event?: string
}

const families: Record<string, Key> = {
  key: 'audit.kind.key',
  issuer: 'audit.kind.issuer',
  role: 'audit.kind.issuer',
  token: 'audit.kind.token',
  law: 'audit.kind.law',
  node: 'audit.kind.node',
  leader: 'audit.kind.leader',
  recovery: 'audit.kind.recovery',
  exchange: 'audit.kind.exchange',
  ledger: 'audit.kind.ledger',
  access: 'audit.kind.access',
}

/**
 * sentenceOf picks the sentence for a kind of statement. Kinds come with the
 * software's versions: one that is not known here is named as it is.
 */
export function sentenceOf(said: Said): Key {
  if (said.kind === 'record.open') return 'audit.opened'
  if (said.kind === 'record.act') return 'audit.acted'
  const family = said.kind.split('.')[0]
  return Object.prototype.hasOwnProperty.call(families, family) ? families[family] : 'audit.kind.other'
}

/** before is where a page of entries begins that ends just before an entry. */
export const before = (end: number, page: number) => Math.max(0, end - page)
