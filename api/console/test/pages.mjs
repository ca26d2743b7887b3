// What walks need of paper: PDFs as a browser prints them, pictures of sheets, and the page
// that verifies codes, opened from a disk without any network.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { shots } from './harness.mjs'
import { forget } from './older.mjs'

/** sheets prints what the page shows and gives the number of pages of the PDF. */
export async function sheets(d, name) {
  const pdf = await d.page.pdf({ preferCSSPageSize: true, printBackground: false })
  if (shots) writeFileSync(`${shots}/${name}.pdf`, pdf)
  return pdf.toString('latin1').match(/\/Type\s*\/Page[^s]/g)?.length ?? 0
}

/** printed opens a print job, looks at it as at every page when look is given, and holds screen and PDF against each other. */
export async function printed(d, look, document, records, want) {
  await d.to(`/print/${document}?records=${records.join()}`, '.print-count')
  await d.page.waitForFunction((n) => document.querySelectorAll('.document').length === n && [...document.querySelectorAll('.document')].every((e) => e.querySelector('.sheet')), records.length)
  await d.page.waitForFunction(() => !document.querySelector('.flow-pending'), null, { timeout: 20_000 })
  const name = `paper-${document}${records.length > 1 ? '-batch' : ''}`
  if (look) await look(d, name)
  const shown = await d.page.locator('.sheet').count()
  assert.equal(await sheets(d, name), shown, `${document}: pages of the PDF`)
  assert.equal(shown, want, `${document}: pages`)
  const text = await d.page.locator('.print .document').allTextContents()
  for (const one of text) assert.doesNotMatch(one, /undefined|null|NaN|\[object/, `${document}: a missing value is printed as a word`)
  for (const [i, record] of records.entries()) {
    const feet = await d.page.locator(`.document[data-record="${record}"] .sheet-id`).allTextContents()
    assert.ok(feet.length > 0 && feet.every((foot) => foot.includes(record)), `${document} ${i}: the record's id stands on every page`)
    assert.equal(await d.page.locator(`.document[data-record="${record}"] .sheet-foot .qr`).count(), feet.length, 'a code on every page')
  }
  // Nothing runs over its page, and modules are as wide as printers need (0.33 mm).
  const over = await d.page.evaluate(() => [...document.querySelectorAll('.sheet-body')].filter((e) => e.lastElementChild.getBoundingClientRect().bottom > e.getBoundingClientRect().top + 22.1 * 38.6).length)
  assert.equal(over, 0, `${document}: a page runs over`)
  const pitch = await d.page.evaluate(() => Math.min(...[...document.querySelectorAll('.qr')].map((e) => e.getBoundingClientRect().width / e.viewBox.baseVal.width)))
  assert.ok((pitch * 25.4) / 96 >= 0.33, `${document}: modules of ${(pitch * 25.4) / 96} mm`)
  if (shots) {
    for (let i = 0; i < Math.min(shown, 3); i++) await d.page.locator('.sheet').nth(i).screenshot({ path: `${shots}/${name}-sheet-${i + 1}.png` })
  }
  return text.join('\n')
}

/** verifier is the page that verifies codes, opened from a disk by a browser without network, of 2021 when older. */
export async function verifier(kit, { lang = 'zh', width = 900, older = false } = {}) {
  const file = join(kit.demo.dir, '..', 'verify.html')
  kit.demo.run('paper', 'verifier', '-f', file, '--force')
  const context = await kit.browser.newContext({ viewport: { width, height: 844 }, offline: true })
  const page = await context.newPage()
  const wrong = []
  page.on('request', (r) => {
    if (!/^(file|data|blob):/.test(r.url())) wrong.push(`a request to ${r.url()}`)
  })
  page.on('pageerror', (e) => wrong.push(`an error: ${e.stack}`))
  page.on('console', (m) => m.type() === 'error' && wrong.push(m.text()))
  if (older) await page.addInitScript(forget)
  await page.goto('file://' + file)
  if (lang === 'en') await page.click('#lang')
  return { page, wrong, lang, width, keys: join(kit.demo.dir, 'auditor-keys'), close: () => context.close() }
}
