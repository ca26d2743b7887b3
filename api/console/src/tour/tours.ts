import type { Key } from '../i18n/dict'

/** Stop is a part of a tour: what is said, on which page, and what is marked there. */
export interface Stop {
  text: Key
  to: string
  at: string // selector of what is marked
}

/** last is where every tour ends. */
const last: Stop = { text: 'tour.help', to: '/help', at: '.top .help' }

/** The tours, for whoever holds one of the offices. */
const tours: { roles: string[]; stops: Stop[] }[] = [
  {
    roles: ['clerk', 'officer'],
    stops: [
      { text: 'tour.figures', to: '/', at: '.figures' },
      { text: 'tour.todo', to: '/', at: '.desk-list .tabs' },
      { text: 'tour.start', to: '/', at: '.desk-start' },
      { text: 'tour.imports', to: '/imports', at: '#content .panel' },
    ],
  },
  {
    roles: ['unit_head', 'bureau_head', 'legal'],
    stops: [
      { text: 'tour.figures', to: '/', at: '.figures' },
      { text: 'tour.approve', to: '/', at: '.desk-list' },
      { text: 'tour.received', to: '/', at: '.desk-list .tabs' },
      { text: 'tour.reports', to: '/reports', at: '#content .panel' },
    ],
  },
  {
    roles: ['liaison'],
    stops: [
      { text: 'tour.figures', to: '/', at: '.figures' },
      { text: 'tour.send', to: '/', at: '.desk-list' },
      { text: 'tour.received', to: '/', at: '.desk-list .tabs' },
      { text: 'tour.imports', to: '/imports', at: '#content .panel' },
    ],
  },
  {
    roles: ['lead', 'expert'],
    stops: [
      { text: 'tour.missions', to: '/missions', at: '#content .panel' },
      { text: 'tour.draws', to: '/draws', at: '#content .panel' },
      { text: 'tour.records', to: '/records', at: '#content .filters' },
    ],
  },
  {
    roles: ['auditor'],
    stops: [
      { text: 'tour.audit', to: '/audit', at: '.verdicts' },
      { text: 'tour.export', to: '/audit/export', at: '#content .panel' },
      { text: 'tour.verify', to: '/audit/verify', at: '#content .panel' },
      { text: 'tour.reports', to: '/reports', at: '#content .panel' },
    ],
  },
  {
    roles: ['operator'],
    stops: [
      { text: 'tour.nodes', to: '/nodes', at: '#content .panel' },
      { text: 'tour.keys', to: '/keys', at: '#content .panel' },
      { text: 'tour.votes', to: '/votes', at: '#content .panel' },
    ],
  },
  {
    roles: ['security_admin'],
    stops: [
      { text: 'tour.accounts', to: '/accounts', at: '#content .panel' },
      { text: 'tour.keys', to: '/keys', at: '#content .panel' },
    ],
  },
  { roles: ['audit_admin'], stops: [{ text: 'tour.acts', to: '/acts', at: '#content .panel' }] },
]

/** tourOf is the tour of somebody with these roles: that of each office, nothing said twice. */
export function tourOf(roles: string[]): Stop[] {
  const mine = tours.filter((tour) => tour.roles.some((role) => roles.includes(role))).flatMap((tour) => tour.stops)
  const once = mine.filter((stop, i) => mine.findIndex((other) => other.text === stop.text) === i)
  return once.length > 0 ? [...once, last] : []
}
