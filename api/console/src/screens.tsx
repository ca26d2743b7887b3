import { lazy, type ComponentType } from 'react'
import type { Key } from './i18n/dict'
import { holds, readsRecords, takesPart } from './session/roles'

/** Screen is one page of the console; its code is loaded when it is opened. */
export interface Screen {
  path: string // under /console/
  page: ComponentType
  nav?: Key // its name in the main navigation; screens without one are come to from others
  for?: (roles: string[]) => boolean // whom the navigation shows it to; everybody without
}

/** The order is that of the navigation. The desk comes before them all. */
export const screens: Screen[] = [
  { path: 'records', page: lazy(() => import('./record/List')), nav: 'nav.records', for: readsRecords },
  { path: 'record/:id', page: lazy(() => import('./record/Detail')) },
  { path: 'open/:procedure', page: lazy(() => import('./record/Open')) },
  { path: 'print/:document', page: lazy(() => import('./paper/Print')) },
  { path: 'missions', page: lazy(() => import('./mission/Missions')), nav: 'nav.missions', for: readsRecords },
  { path: 'mission/:id', page: lazy(() => import('./mission/Mission')) },
  { path: 'plans', page: lazy(() => import('./mission/Plans')) },
  { path: 'plan/:id', page: lazy(() => import('./mission/Plan')) },
  { path: 'draws', page: lazy(() => import('./draw/Draws')) },
  { path: 'draw/:id', page: lazy(() => import('./draw/Draw')) },
  { path: 'experts', page: lazy(() => import('./expert/Experts')) },
  { path: 'imports', page: lazy(() => import('./sheet/Imports')), nav: 'nav.imports', for: takesPart },
  { path: 'imports/:name', page: lazy(() => import('./sheet/Sheet')) },
  { path: 'data', page: lazy(() => import('./dataset/Catalogue')), nav: 'nav.data', for: takesPart },
  { path: 'data/:id', page: lazy(() => import('./dataset/DataSet')) },
  { path: 'data/:id/agree', page: lazy(() => import('./dataset/Agree')) },
  { path: 'agreement/:id', page: lazy(() => import('./dataset/Agreement')) },
  { path: 'agreement/:id/ask', page: lazy(() => import('./dataset/Ask')) },
  { path: 'reports', page: lazy(() => import('./report/Reports')), nav: 'nav.reports', for: readsRecords },
  { path: 'reports/:name', page: lazy(() => import('./report/Report')) },
  { path: 'rooms/:procedure', page: lazy(() => import('./report/Room')) },
  { path: 'audit', page: lazy(() => import('./audit/Audit')), nav: 'nav.audit', for: readsRecords },
  { path: 'audit/entry/:index', page: lazy(() => import('./audit/Entry')) },
  { path: 'audit/export', page: lazy(() => import('./audit/Export')) },
  { path: 'audit/looked', page: lazy(() => import('./audit/Looked')) },
  { path: 'audit/verify', page: lazy(() => import('./verify/Verify')) },
  { path: 'votes', page: lazy(() => import('./votes/Votes')), nav: 'nav.votes', for: holds('operator', 'bureau_head', 'legal', 'auditor') },
  { path: 'votes/:region/:id', page: lazy(() => import('./votes/Proposal')) },
  { path: 'accounts', page: lazy(() => import('./account/Accounts')), nav: 'nav.accounts', for: holds('security_admin') },
  { path: 'acts', page: lazy(() => import('./account/Acts')), nav: 'nav.acts', for: holds('audit_admin') },
  { path: 'keys', page: lazy(() => import('./keys/Keys')), nav: 'nav.keys', for: holds('operator', 'security_admin') },
  { path: 'password', page: lazy(() => import('./session/Password')) },
  { path: 'practice', page: lazy(() => import('./practice/Practice')) },
  { path: 'help', page: lazy(() => import('./help/Help')) },
  { path: 'nodes', page: lazy(() => import('./nodes/Nodes')), nav: 'nav.nodes' },
]
