// Draws again beside the page: pairings take tens of milliseconds each, a pool may have
// a hundred thousand candidates.
import '../util/older'
import type { Draw } from '../api/client'
import { again, stages } from './compare'
import type { Again } from './finding'

export interface Asked {
  draw: Draw
  pool: string
  rule: string
}

export type Answer = { step: number; of: number } | { again: Again }

const page = self as unknown as { onmessage: ((e: MessageEvent<Asked>) => void) | null; postMessage: (a: Answer) => void }

page.onmessage = ({ data }) => {
  const of = stages(data.draw)
  page.postMessage({ again: again(data.draw, data.pool, data.rule, (step) => page.postMessage({ step, of })) })
}
