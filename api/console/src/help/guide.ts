import type { Key } from '../i18n/dict'

export interface Part {
  text: Key
  to?: string // the page that it is about
}

/** The parts of a guide, for whoever holds one of the roles. The order is that of the guide. */
const parts: { roles: string[]; parts: Part[] }[] = [
  { roles: ['clerk', 'officer'], parts: [{ text: 'guide.desk', to: '/' }, { text: 'guide.draft' }, { text: 'guide.sheet', to: '/imports' }, { text: 'guide.eyes' }] },
  { roles: ['unit_head', 'bureau_head', 'legal'], parts: [{ text: 'guide.desk', to: '/' }, { text: 'guide.approve' }, { text: 'guide.reports', to: '/reports' }] },
  { roles: ['liaison'], parts: [{ text: 'guide.desk', to: '/' }, { text: 'guide.send' }, { text: 'guide.sheet', to: '/imports' }, { text: 'guide.receive' }] },
  { roles: ['lead', 'expert'], parts: [{ text: 'guide.team', to: '/' }, { text: 'guide.findings' }] },
  { roles: ['auditor'], parts: [{ text: 'guide.audit', to: '/audit' }, { text: 'guide.overdue', to: '/reports/overdue' }] },
  { roles: ['operator'], parts: [{ text: 'guide.nodes', to: '/nodes' }] },
]

/** guideOf is what somebody with these roles has to know to begin, each thing once. */
export function guideOf(roles: string[]): Part[] {
  const mine = parts.filter((p) => p.roles.some((role) => roles.includes(role))).flatMap((p) => p.parts)
  return mine.filter((p, i) => mine.findIndex((q) => q.text === p.text) === i)
}
