// Every screen of src/screens.tsx has to be walked through, and has to work in a browser
// of 2021: a page that nobody has looked at does not pass.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { forget } from './older.mjs'

const list = join(dirname(fileURLToPath(import.meta.url)), '../src/screens.tsx')

/** The paths of all screens; '' is the desk. */
export const screens = ['', ...[...readFileSync(list, 'utf8').matchAll(/\bpath: '([^']+)'/g)].map((found) => found[1])]
assert.ok(screens.length > 4, `no screens were read from ${list}`)

/** screenOf is the screen that shows a path; the most literal one where several could. */
export function screenOf(pathname) {
  const parts = pathname.replace(/^\/console\/?/, '').replace(/\/$/, '').split('/')
  const fits = screens.filter((s) => {
    const want = s.split('/')
    return want.length === parts.length && want.every((w, i) => w === parts[i] || (w.startsWith(':') && parts[i] !== ''))
  })
  return fits.sort((a, b) => a.split(':').length - b.split(':').length)[0]
}

/** visited are a network's pages by screen: the first that somebody was on, and who. */
export function visited(visits) {
  const out = new Map()
  for (const [path, who] of visits) {
    const screen = screenOf(path)
    if (screen !== undefined && !out.has(screen)) out.set(screen, { path: path.replace(/^\/console/, '') || '/', who })
  }
  return out
}

/** withoutNews goes over pages in a browser that lacks what is younger than Chrome 90. */
export async function withoutNews(kit, pages) {
  const people = new Map()
  for (const { path, who } of pages) {
    const key = JSON.stringify(who)
    if (!people.has(key)) people.set(key, await kit.desk(who.region, who.role, { ...who, before: forget }))
    const d = people.get(key)
    await d.to(path, '#content')
    await d.page.waitForFunction(() => document.querySelector('#content').textContent.trim() !== '' && !document.querySelector('#content .waiting'), null, { timeout: 30_000 })
    assert.deepEqual(d.wrong, [], path)
    assert.equal(await d.page.locator('#content .ant-alert-error').count(), 0, `${path}: ${await d.page.locator('#content').textContent()}`)
  }
  for (const d of people.values()) await d.close()
}
