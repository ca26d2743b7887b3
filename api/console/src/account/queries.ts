import { asIn } from '../session/session'
import type { Accounts, Acts, Deed, Handed, NewAccount } from './model'

export const list = () => asIn<Accounts>('GET', 'admin/accounts')
export const make = (account: NewAccount) => asIn<Handed>('POST', 'admin/accounts', account)
export const change = (name: string, deed: Deed, roles: string[] = []) => asIn<Handed>('POST', `admin/accounts/${name}`, { do: deed, roles })

export const acts = (before: number, act: string, who: string) => {
  const query = new URLSearchParams({ ...(before ? { before: String(before) } : {}), ...(act ? { act } : {}), ...(who ? { who } : {}) }).toString()
  return asIn<Acts>('GET', `admin/acts${query ? `?${query}` : ''}`)
}
