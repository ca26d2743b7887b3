import type { NodeStatus, Stamp } from '../api/client'

/** secondsOld is how long ago the node knew that what is shown was current. */
export const secondsOld = (stamp: Stamp, now: number) => Math.max(0, Math.round((now - stamp.at + stamp.ageMs) / 1000))

/** Cosigning is how far the regions have cosigned the ledger. */
export interface Cosigning {
  by: number
  of: number
  upTo: number // last entry that the checkpoint covers
  behind: boolean // newer entries wait for a checkpoint
}

/** cosigning reads the best checkpoint that a node shows; null when there is none. */
export function cosigning(status: Pick<NodeStatus, 'checkpoints' | 'regions'>, size: number): Cosigning | null {
  const { final, published } = status.checkpoints ?? {}
  const best = published && (!final || published.size > final.size) && published.size >= size ? published : (final ?? published)
  if (!best) return null
  return { by: best.cosigned_by.length, of: status.regions.length, upTo: best.size - 1, behind: best.size < size }
}
