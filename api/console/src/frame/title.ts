import type { Key } from '../i18n/dict'
import { screens } from '../screens'

/** The rooms of screens that are come to from others. */
const rooms: Record<string, Key> = {
  '': 'nav.desk',
  record: 'nav.records',
  open: 'nav.records',
  print: 'nav.records',
  mission: 'nav.missions',
  plans: 'nav.missions',
  plan: 'nav.missions',
  draws: 'nav.missions',
  draw: 'nav.missions',
  experts: 'nav.missions',
  agreement: 'nav.data',
  rooms: 'nav.reports',
  password: 'sign.change',
  practice: 'app.practice',
  help: 'help.title',
}

/** roomOf names the room of a page for its title in the browser's tabs and history; undefined for a page that there is not. */
export function roomOf(path: string): Key | undefined {
  const first = path.split('/')[1] ?? ''
  return rooms[first] ?? screens.find((s) => s.path === first)?.nav
}

/** recordOf is the record that a page is about. */
export const recordOf = (path: string): string | undefined => path.split('/').find((part) => /^[A-Z]{2}-\d{6}-\d{4}-\d+$/.test(part))
