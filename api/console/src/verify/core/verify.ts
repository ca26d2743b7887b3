import { Audit, type Given } from './audit'
import { Bundle } from './bundle'
import type { Bytes } from './bytes'
import { parseKeyFile } from './keyfile'
import { verifyLog, type Progress } from './log'
import { maxLooked, verifyLooked } from './looked'
import { verifyExtract, verifyProof, verifySingleReceipt } from './part'
import { isProof } from './proof'
import { maxReceipt } from './receipt'
import { check, say, type Report } from './report'
import { BadZip, type Source } from './zip'

/** BadKeys is thrown for a key file that cannot be used: then there is no report. line is 0 for the file as a whole. */
export class BadKeys extends Error {
  constructor(readonly line: number) {
    super(`key file, line ${line}`)
  }
}

/**
 * verify checks a bundle, a receipt, a proof or a file of who looked against a key file. It judges as the
 * nodes' own verifier does (node/audit) and says in the same words what it finds; what
 * takes the rules of the network is INDETERMINATE here, never PASS. Hostile files get a
 * report.
 */
export async function verify(file: Source, keys: Bytes, given: Given, progress: Progress = () => {}): Promise<Report> {
  const known = parseKeyFile(keys)
  if (typeof known === 'number') throw new BadKeys(known)
  const a = new Audit(known, given)
  const head = String.fromCharCode(...(await file.read(0, 512)))
  const begin = await file.read(0, 2)
  if (begin[0] === 0x50 && begin[1] === 0x4b) await zip(a, file, progress)
  else if (/^[ \t\r\n]*\{/.test(head) && head.includes('sandi-who-looked/1')) {
    if (file.size > maxLooked) a.rec.unsure(check.tree, 'file', say('文件过大，浏览器不能核验，请用 sandi-audit verify。', 'the file is too large for a browser: run sandi-audit verify.'))
    else verifyLooked(a, await file.read(0, file.size))
  } else if (file.size > maxReceipt) a.rec.fail(check.tree, 'file', say('文件过大，不是回执。', 'the file is too large for a receipt.'))
  else if (isProof(head)) await verifyProof(a, await file.read(0, file.size))
  else if (/^[ \t\r\n]*\{/.test(head)) await verifySingleReceipt(a, await file.read(0, file.size))
  else a.rec.fail(check.tree, 'file', say('文件不是审计包、回执、证明、查看记录或者验证码。', 'the file is no audit bundle, receipt, proof, file of who looked or printed code.'))
  if (a.bundle) a.rec.complete()
  return a.rec.finish()
}

async function zip(a: Audit, file: Source, progress: Progress) {
  try {
    a.bundle = await Bundle.open(file)
  } catch (err) {
    if (!(err instanceof BadZip)) throw err
    a.rec.fail(check.tree, 'file', say('审计包无法打开: {0}。', 'the bundle cannot be opened: {0}.', err.message))
    return
  }
  const m = a.bundle.manifest
  Object.assign(a.rec.report, { kind: m.kind, origin: m.origin, size: m.size, root: m.root })
  await a.checkFiles()
  await a.checkGenesis()
  if (!(await a.claimNote())) return
  if (m.kind === 'extract') await verifyExtract(a)
  else await verifyLog(a, progress)
}
