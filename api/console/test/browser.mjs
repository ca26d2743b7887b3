// Walks through the console in a real browser, on real nodes: each file in walks/ is
// one, and names the scenario whose network it walks on; walks of one scenario share
// a network. `node test/browser.mjs transfer` walks only those named.
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { harness, shots } from './harness.mjs'

const folder = join(dirname(fileURLToPath(import.meta.url)), 'walks')
const all = readdirSync(folder).filter((file) => file.endsWith('.mjs')).map((file) => file.slice(0, -4)).sort()
const asked = process.argv.slice(2)
const strange = asked.find((name) => !all.includes(name))
if (strange) {
  console.error(`there is no walk ${strange}; there are: ${all.join(' ')}`)
  process.exit(2)
}

const networks = new Map() // walks by scenario
for (const name of asked.length > 0 ? asked : all) {
  const walk = await import(join(folder, `${name}.mjs`))
  networks.set(walk.scenario, [...(networks.get(walk.scenario) ?? []), { name, run: walk.default }])
}

let seen = 0
let passed = 0
let failed = 0
for (const [scenario, walks] of networks) {
  const kit = await harness(scenario)
  try {
    for (const { name, run } of walks) {
      try {
        await run(kit)
      } catch (err) {
        failed++
        console.error(`walk ${name}:`, err)
      }
    }
  } finally {
    await kit.stop()
  }
  seen += kit.counts.seen
  passed += kit.counts.passed
}
if (shots && !existsSync(shots)) throw new Error('no pictures were taken')
console.log(`looked at ${seen} pages`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
