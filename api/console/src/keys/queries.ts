import { asIn } from '../session/session'
import type { Keys } from './model'

export const keys = () => asIn<Keys>('GET', 'admin/keys')
