// Walks through the console in a real browser, on real nodes: each file in walks/ is
// one, and names the scenario whose network it walks on, and whether it plays it itself
// (byHand); other walks of one scenario share a network. `node test/browser.mjs transfer` walks only those named.
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { harness, shots } from './harness.mjs'
import { screens, visited, withoutNews } from './screens.mjs'

const folder = join(dirname(fileURLToPath(import.meta.url)), 'walks')
const all = readdirSync(folder).filter((file) => file.endsWith('.mjs')).map((file) => file.slice(0, -4)).sort()
const asked = process.argv.slice(2)
const strange = asked.find((name) => !all.includes(name))
if (strange) {
  console.error(`there is no walk ${strange}; there are: ${all.join(' ')}`)
  process.exit(2)
}

const networks = new Map() // walks by scenario, played or not
for (const name of asked.length > 0 ? asked : all) {
  const { scenario, byHand = false, default: run } = await import(join(folder, `${name}.mjs`))
  const key = byHand ? `${scenario} by hand` : scenario
  const network = networks.get(key) ?? { scenario, byHand, walks: [] }
  network.walks.push({ name, run })
  networks.set(key, network)
}

let seen = 0
let passed = 0
let failed = 0
const walked = new Set() // screens that somebody was on
async function walkOn({ scenario, byHand, walks }) {
  const kit = await started(() => harness(scenario, { byHand }))
  try {
    for (const { name, run } of walks) {
      try {
        await run(kit)
      } catch (err) {
        failed++
        console.error(`walk ${name}:`, err)
      }
    }
    const pages = [...visited(kit.visits)].filter(([screen]) => !walked.has(screen))
    pages.forEach(([screen]) => walked.add(screen))
    await kit.check(`without what is younger than Chrome 90: ${pages.length} screens`, () => withoutNews(kit, pages.map(([, page]) => page))).catch((err) => {
      failed++
      console.error('a browser of 2021:', err)
    })
  } finally {
    await kit.stop()
  }
  seen += kit.counts.seen
  passed += kit.counts.passed
}

// Two networks at a time: people wait more than they work. One after the other they are
// started, so that none takes another's ports; the longest first: a scenario played by hand
// takes as long as some six walks.
let last = Promise.resolve()
const started = (start) => (last = last.catch(() => {}).then(start))
const length = ({ byHand, walks }) => (byHand ? 6 : walks.length)
const queue = [...networks.values()].sort((a, b) => length(b) - length(a))
const lane = async () => {
  for (let network; (network = queue.shift()); ) await walkOn(network)
}
await Promise.all([lane(), lane()])
const unseen = screens.filter((screen) => !walked.has(screen))
if (asked.length === 0 && unseen.length > 0) {
  failed++
  console.error(`no walk goes to these screens of src/screens.tsx: ${unseen.join(' ')}`)
}
if (shots && !existsSync(shots)) throw new Error('no pictures were taken')
console.log(`looked at ${seen} pages`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
