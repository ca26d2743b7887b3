// A demo network of this test's own: three real nodes on free ports, in a folder of
// its own, ended with the test.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const binary = process.env.SANDI ?? join(dirname(fileURLToPath(import.meta.url)), '../../../bin/sandi')
const kinds = [8011, 9011, 7011, 6011, 5011] // first ports of a demo's doors; each region adds one
const patience = 90_000

const free = (port) =>
  new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })

async function freeBase() {
  for (let n = 0; n < 50; n++) {
    const base = 21_000 + 20 * Math.floor(Math.random() * 1000)
    const ports = kinds.flatMap((port) => [0, 1, 2].map((i) => base + port + i))
    if ((await Promise.all(ports.map(free))).every(Boolean)) return base
  }
  throw new Error('no free ports for a demo')
}

/**
 * startDemo starts a demo of a scenario and waits until it stays up: played, or, by
 * hand, with nothing on its ledger.
 */
export async function startDemo(scenario, { byHand = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'sandi-console-'))
  const dir = join(folder, 'demo')
  const base = await freeBase()
  const child = spawn(binary, ['demo', scenario, ...(byHand ? ['--by-hand'] : []), '--dir', dir, '--port-base', String(base), '--lang', 'en'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const stop = async () => {
    child.kill('SIGINT')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the demo did not get up:\n' + said)), patience)
    child.once('exit', () => reject(new Error('the demo ended:\n' + said)))
    child.stdout.on('data', (data) => {
      said += data
      if (!said.includes('stays up')) return
      clearTimeout(timer)
      resolve()
    })
  }).catch(async (err) => {
    await stop()
    throw err
  })
  const run = (...args) => execFileSync(binary, args).toString().trim()
  return {
    stop,
    dir,
    base,
    run,
    printed: () => said,
    clock: (to) => run('demo', 'clock', to, '--dir', dir),
    link: (region, role, { person, org } = {}) =>
      run('demo', 'link', '--dir', dir, '--region', region, '--role', role, ...(person ? ['--person', person] : []), ...(org ? ['--org', org] : [])),
  }
}
