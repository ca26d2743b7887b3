// A mandate on paper: what an enterprise is shown is verified without any network, in the
// language and on the screen of whoever checks it; what was forged is refused with its reason.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { shots } from '../harness.mjs'
import { printed, verifier } from '../pages.mjs'

export const scenario = 'mutual-inspection'

export default async function walk(kit) {
  const { desk, look, fits, check } = kit
  const d = await desk('110000', 'liaison')
  const list = async (procedure) => (await (await d.page.request.get(`${d.origin}/v1/records?procedure=${procedure}`, { headers: { 'sec-fetch-site': 'same-origin' } })).json()).items
  let pictures = []
  let codes = []
  let record
  await check('mandate and record of the draw', async () => {
    // The scenario's own: other walks make assignments and draws on the same network.
    record = (await list('assignment')).find((r) => r.state === 'closed').id
    const text = await printed(d, look, 'assignment_mandate', [record], 3)
    assert.match(text, /互派检查任务书/)
    assert.match(text, /EX-\d{6}-\d{4}-\d{6}/)
    codes = (await (await d.page.request.get(`${d.origin}/v1/records/${record}/papers/assignment_mandate`)).json()).codes
    assert.equal(await d.page.locator('.sheet .flow-codes .qr').count(), codes.length)
    for (const code of codes) pictures.push(await scanned(d.page, code))
    assert.ok(codes.length >= 3 && codes.every((c) => c.whole), 'the statements of a mandate fit their codes')
    const { links } = await (await d.page.request.get(`${d.origin}/v1/records/${record}`, { headers: { 'sec-fetch-site': 'same-origin' } })).json()
    const draw = links.find((l) => l.id.startsWith('DR-')).id
    assert.match(await printed(d, null, 'draw_record', [draw], 3), /随机抽取记录/)
  })
  await check('codes are verified from a disk, without network', offline)
  await check('in English, on a small screen, by a browser of 2021', small)
  await d.close()

  async function offline() {
    const v = await verifier(kit)
    await v.page.setInputFiles('#keys-file', { name: 'x', mimeType: 'text/plain', buffer: Buffer.from('nothing') })
    await v.page.waitForFunction(() => document.querySelector('#keys-wrong').textContent !== '')
    await v.page.setInputFiles('#keys-file', v.keys)
    await v.page.waitForSelector('#keys-have:not([hidden])')
    await v.page.setInputFiles('#code-file', pictures.map((buffer, i) => ({ name: `${i}.png`, mimeType: 'image/png', buffer })))
    await v.page.waitForFunction((n) => document.querySelectorAll('#list .card.good:not(.together)').length === n, pictures.length, { timeout: 60_000 })
    const together = await v.page.locator('.together').textContent()
    for (const said of [record, '检查组长', '专家', '属地执法人员', '检查时段起', '对象抽取', 'DR-110000-', 'EX-']) assert.ok(together.includes(said), `the mandate says ${said}`)
    await fits(v, 'verifier')
    if (shots) await v.page.screenshot({ path: `${shots}/verifier-zh-900.png`, fullPage: true })
    // Forged, cut off, of another network.
    const { text } = codes[0]
    const wrong = async (code, pattern) => {
      await v.page.click('#code-clear')
      await v.page.fill('#code-text', code)
      await v.page.click('#code-go')
      assert.match(await v.page.locator('#list .card.bad').textContent(), pattern)
    }
    await wrong(text.slice(0, -40), /不完整/)
    await wrong(text.slice(0, 60) + (text[60] === '1' ? '2' : '1') + text.slice(61), /不完整|误/)
    await wrong('https://example.org', /不是本系统的验证码/)
    await v.page.click('#keys-drop')
    await v.page.fill('#keys-text', readFileSync(new URL('../../../../consensus/checkpoint/testdata/auditor-keys', import.meta.url), 'utf8'))
    await v.page.click('#keys-use')
    await wrong(text, /另一个账本/)
    assert.deepEqual(v.wrong, [])
    await v.close()
  }

  async function small() {
    const v = await verifier(kit, { lang: 'en', width: 390, older: true })
    await v.page.fill('#keys-text', readFileSync(v.keys, 'utf8'))
    await v.page.click('#keys-use')
    await v.page.fill('#code-text', codes.map((c) => c.text).join('\n'))
    await v.page.click('#code-go')
    await v.page.waitForSelector('.together')
    assert.match(await v.page.locator('.together').textContent(), /Team lead/)
    await fits(v, 'verifier')
    if (shots) await v.page.screenshot({ path: `${shots}/verifier-en-390.png`, fullPage: true })
    await v.close()
  }
}

/** scanned is a code as a scanner sees it at 300 dpi: a module of 0.35 mm has four pixels. */
async function scanned(page, code) {
  const url = await page.evaluate(({ rows, modules }) => {
    const [px, quiet] = [4, 4]
    const canvas = document.createElement('canvas')
    canvas.width = canvas.height = (modules + 2 * quiet) * px
    const pen = canvas.getContext('2d')
    pen.fillStyle = '#fff'
    pen.fillRect(0, 0, canvas.width, canvas.height)
    pen.fillStyle = '#000'
    rows.forEach((row, y) => {
      for (let x = 0; x < modules; x++) if (parseInt(row[x >> 2], 16) & (8 >> (x & 3))) pen.fillRect((x + quiet) * px, (y + quiet) * px, px, px)
    })
    return canvas.toDataURL('image/png')
  }, code)
  return Buffer.from(url.split(',')[1], 'base64')
}
