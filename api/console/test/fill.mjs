// Fills in the forms of the console as a person does: field by field, by what stands on
// the page. It knows no law: what a field is shows in its input.
import assert from 'node:assert/strict'

/** From so many rows on, people copy them from a spreadsheet. */
const many = 10

const byId = (id) => `[id="${id}"]`

/** fill fills in a form: values by field, and files by field. */
export async function fill(page, fields, materials = []) {
  await page.$$eval('.act details.more', (all) => all.forEach((d) => d.setAttribute('open', '')))
  for (const [name, value] of Object.entries(fields)) await put(page, `f-${name}`, value)
  const places = {}
  for (const m of materials) {
    const file = { name: m.name, mimeType: 'text/plain', buffer: Buffer.from(m.text) }
    if ((await kindOf(page, `f-${m.field}`)) === 'file') {
      await attach(page, `f-${m.field}`, file)
      continue
    }
    const id = `f-${m.field}.${(places[m.field] = (places[m.field] ?? -1) + 1)}`
    await row(page, `f-${m.field}`, places[m.field])
    await attach(page, `${id}.file`, file)
    if (m.kind) await put(page, `${id}.kind`, m.kind)
    if (m.pages) await put(page, `${id}.pages`, m.pages)
  }
}

/** attach chooses a file and waits until the vault has it. */
async function attach(page, id, file) {
  const place = page.locator('.file', { has: page.locator(byId(id)) })
  await page.setInputFiles(byId(id), file)
  await place.locator('code').waitFor()
}

/** kindOf is what an input is for. */
async function kindOf(page, id) {
  const el = page.locator(byId(id))
  assert.equal(await el.count(), 1, `the form has no place for ${id}`)
  return el.evaluate((e) => {
    if (e.classList.contains('list')) return 'list'
    if (e.tagName === 'SELECT') return 'choice'
    if (e.tagName === 'TEXTAREA') return 'text'
    return e.getAttribute('type') ?? 'text'
  })
}

/** row makes sure that a list has its n-th row. */
async function row(page, id, n) {
  const rows = page.locator(`${byId(id)} > .list-row`)
  for (let have = await rows.count(); have <= n; have++) {
    await page.click(`${byId(id)} > .add`)
    await rows.nth(have).waitFor()
  }
}

/** put enters one value, whatever its shape. */
async function put(page, id, value) {
  if (Array.isArray(value)) {
    assert.equal(await kindOf(page, id), 'list', `${id} takes no list`)
    if (value.length === 0) return page.check(`${byId(id)} > .none input`)
    if (value.length > many && value.every((item) => typeof item === 'object')) return paste(page, id, value)
    for (const [i, item] of value.entries()) {
      await row(page, id, i)
      await put(page, `${id}.${i}`, item)
    }
    return
  }
  if (typeof value === 'object') {
    for (const [name, inner] of Object.entries(value)) await put(page, `${id}.${name}`, inner)
    return
  }
  switch (await kindOf(page, id)) {
    case 'choice':
      return void (await page.selectOption(byId(id), String(value)))
    case 'datetime-local':
      return page.fill(byId(id), String(value).slice(0, 16))
    default:
      return page.fill(byId(id), String(value))
  }
}

/** paste puts cells of a spreadsheet into the first input of a list. */
async function paste(page, id, items) {
  const places = await page.$$eval(`${byId(id)} > .list-row:first-of-type [id]`, (all) => all.map((e) => e.id))
  const members = places.filter((p) => p.startsWith(`${id}.0.`)).map((p) => p.slice(id.length + 3))
  const text = items.map((item) => members.map((m) => item[m] ?? '').join('\t')).join('\n')
  await page.locator(byId(places.find((p) => p.startsWith(`${id}.0.`)))).evaluate((input, cells) => {
    const clipboardData = new DataTransfer()
    clipboardData.setData('text/plain', cells)
    input.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
  }, text)
  await page.locator(`${byId(id)} > .list-row`).nth(items.length - 1).waitFor()
}
