import { names, Bundle } from './core/bundle'
import type { Bytes } from './core/bytes'
import { parseProof, isProof } from './core/proof'
import { parseReceipt } from './core/receipt'
import type { Report } from './core/report'
import { BadKeys, verify } from './core/verify'
import { BadZip, type Source } from './core/zip'

/** Task is what a page gives a worker. */
export interface Task {
  main: Blob
  keys: Blob
  receipts: Blob[]
  kept: Blob[]
  genesis: Blob | null
  entry: Blob | null
}

/** Told is what a worker says. */
export type Told = { progress: [number, number] } | { report: Report } | { badKeys: number } | { failed: string }

/** smallMost bounds what is read whole beside the main file. */
const smallMost = 8 << 20

export const sourceOfBlob = (file: Blob): Source => ({
  size: file.size,
  read: async (at, length) => new Uint8Array(await file.slice(at, at + length).arrayBuffer()),
})

const bytesOf = async (file: Blob): Promise<Bytes> => new Uint8Array(await file.slice(0, smallMost).arrayBuffer())

/** noteOf is the signed note in what an auditor kept: a bundle, a receipt, a proof or the note itself. */
async function noteOf(file: Blob): Promise<Bytes> {
  const head = new Uint8Array(await file.slice(0, 32).arrayBuffer())
  if (head[0] === 0x50 && head[1] === 0x4b) {
    try {
      return (await (await Bundle.open(sourceOfBlob(file))).read(names.checkpoint)) ?? new Uint8Array()
    } catch (err) {
      if (err instanceof BadZip) return new Uint8Array() // found to be no checkpoint
      throw err
    }
  }
  const data = await bytesOf(file)
  if (isProof(String.fromCharCode(...head))) return parseProof(data)?.checkpoint ?? data
  const receipt = parseReceipt(data)
  return typeof receipt === 'string' ? data : receipt.checkpoint
}

/** run does a task and tells how far it is. */
export async function run(task: Task, tell: (told: Told) => void) {
  try {
    const given = {
      previous: await Promise.all(task.kept.map(noteOf)),
      receipts: await Promise.all(task.receipts.map(bytesOf)),
      genesis: task.genesis && (await bytesOf(task.genesis)),
      entry: task.entry && (await bytesOf(task.entry)),
    }
    let last = -Infinity
    const report = await verify(sourceOfBlob(task.main), await bytesOf(task.keys), given, (done, total) => {
      const now = Date.now()
      if (now - last < 100 && done < total) return // at most ten repaints a second
      last = now
      tell({ progress: [done, total] })
    })
    tell({ report })
  } catch (err) {
    if (err instanceof BadKeys) tell({ badKeys: err.line })
    else tell({ failed: err instanceof Error ? err.message : String(err) })
  }
}
