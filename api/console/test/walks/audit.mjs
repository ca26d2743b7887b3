// The auditor's bench: files are verified in the browser, true ones and one that was
// tampered with, also where everything younger than Chrome 90 is missing.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { forget } from '../older.mjs'

export const scenario = 'charger'

export default async function walk({ demo, desk, look, check }) {
  const keys = { name: 'auditor-keys', mimeType: 'text/plain', buffer: Buffer.from(demo.run('genesis', 'auditor-keys', '-f', genesisOf(demo.dir))) }

  /** fetched is a file that the page's own session may have. */
  const fetched = async (d, path, name) => {
    const text = await d.page.evaluate(async (at) => {
      const answer = await fetch(at)
      if (!answer.ok) throw new Error(`${at}: ${answer.status}`)
      const bytes = new Uint8Array(await answer.arrayBuffer())
      let s = ''
      for (let i = 0; i < bytes.length; i += 8192) s += String.fromCharCode(...bytes.subarray(i, i + 8192))
      return btoa(s)
    }, path)
    return { name, mimeType: 'application/octet-stream', buffer: Buffer.from(text, 'base64') }
  }

  /** verify drops files and gives the verdict and all that is said. */
  const verify = async (d, ...files) => {
    await d.to('/audit/verify', '.drop')
    await d.page.setInputFiles('.drop input', files)
    await d.page.waitForFunction((n) => document.querySelectorAll('.chosen li').length === n, files.length)
    await d.page.click('.verify-go button')
    await d.page.waitForSelector('.verdict, .verify-go ~ [role=status] .ant-alert')
    assert.equal(await d.page.locator('.verdict').count(), 1, await d.page.locator('.page').textContent())
    return { verdict: await d.page.locator('.verdict').getAttribute('class'), text: await d.page.locator('.checks').textContent() }
  }

  await check('a bundle, a receipt and a tampered copy are verified in the browser', async () => {
    const auditor = await desk('120000', 'auditor')
    await auditor.to('/audit', '.entries li')
    await look(auditor, 'audit')
    const bundle = await fetched(auditor, '/v1/audit/bundle?all=true', 'audit.zip')
    const good = await verify(auditor, bundle, keys)
    assert.match(good.verdict, /verdict-near/, good.text)
    for (const sentence of ['按序得出检查点的根', '声明的签名有效', '共同签署', 'sandi-audit verify']) assert.ok(good.text.includes(sentence), `${sentence} in ${good.text}`)
    assert.ok(!good.text.includes('不通过'), good.text)
    await look(auditor, 'verify-bundle')

    const bad = await verify(auditor, { ...bundle, name: 'tampered.zip', buffer: tampered(bundle.buffer) }, keys)
    assert.match(bad.verdict, /verdict-bad/)
    assert.match(bad.text, /第 \d+ 条/)
    await look(auditor, 'verify-tampered')
    await auditor.close()

    const phone = await desk('120000', 'auditor', { lang: 'en', width: 390 })
    const again = await verify(phone, bundle, keys)
    assert.match(again.text, /in order, give the checkpoint's root/)
    await look(phone, 'verify-bundle')
    await phone.close()
  })

  await check('entries, search by hash, export, who looked, and whether it is the log of last time', async () => {
    const auditor = await desk('120000', 'auditor')
    const { page } = auditor
    // Another region's entry, raw and proven, of a notice between the two others. (What
    // follows from a record by itself may be entered by any region's node.)
    const foreign = await page.evaluate(async () => {
      for (let n = 0; ; n++) {
        const found = await (await fetch(`/v1/entries?index=${n}`)).json()
        if (found.items[0].region === '110000' && /^UN-130000-/.test(found.items[0].record ?? '')) return found.items[0]
      }
    })
    await auditor.to(`/audit/entry/${foreign.index}`, '.verdicts .good')
    assert.match(await page.locator('.facts').first().textContent(), /110000\/st-/)
    await look(auditor, 'entry')
    const head = Buffer.from(foreign.hash, 'base64url').toString('hex')
    await page.fill('.search input', head.slice(0, 12))
    await page.press('.search input', 'Enter')
    await page.waitForSelector(`.entries a[href$="/audit/entry/${foreign.index}"]`)
    await look(auditor, 'search-hash')

    await auditor.to('/audit', '.verdicts')
    const keep = page.getByRole('checkbox', { name: /同意在本浏览器中留存检查点/ })
    await keep.check()
    await page.reload()
    await page.waitForFunction(() => /与 \S+ 留存的检查点/.test(document.body.textContent))
    assert.equal(await keep.isChecked(), true)
    await look(auditor, 'audit-since')
    await page.evaluate(() => {
      for (const key of Object.keys(localStorage).filter((k) => k.startsWith('sandi-checkpoint-'))) {
        const kept = JSON.parse(localStorage.getItem(key))
        const lines = kept.note.split('\n')
        lines[2] = lines[2].replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))
        localStorage.setItem(key, JSON.stringify({ ...kept, note: lines.join('\n') }))
      }
    })
    await page.reload()
    await page.waitForSelector('.verdicts .bad')
    assert.match(await page.locator('.page').textContent(), /账本已被改写或者分叉/)

    await auditor.to('/audit/export', '.export')
    const saved = page.waitForEvent('download')
    await page.click('.export button[type=submit]')
    assert.match((await saved).suggestedFilename(), /^audit-\d+\.zip$/)
    await page.waitForSelector('.ant-alert-success')
    await look(auditor, 'export')
    await page.getByRole('radio', { name: '若干事项' }).check()
    await page.fill('.export .line input', 'CT-120000-2025-999999')
    await page.click('.export button[type=submit]')
    await page.waitForSelector('.ant-alert-error')

    const officer = await desk('120000', 'officer')
    const status = await officer.page.evaluate(async (id) => (await fetch(`/v1/records/${id}/private`)).status, foreign.record)
    assert.ok(status >= 400, `${status}: no party, and looked`)
    await officer.close()
    await auditor.to('/audit/looked', '.records tbody tr')
    await look(auditor, 'looked')
    await page.selectOption('.filters select', 'denied')
    await page.waitForURL(/action=denied/)
    await page.waitForSelector('.records tbody tr')
    await page.selectOption('.filters select', 'export')
    await page.waitForSelector('.empty')
    await auditor.close()

    const phone = await desk('120000', 'auditor', { lang: 'en', width: 390 })
    for (const [path, selector, name] of [['/audit/looked', '.counts', 'looked'], [`/audit/entry/${foreign.index}`, '.verdicts .good', 'entry']]) {
      await phone.to(path, selector)
      await look(phone, name)
    }
    await phone.close()

    const clerk = await desk('120000', 'clerk') // another region's raw statement is not for a clerk, and the page says why
    await clerk.to(`/audit/entry/${foreign.index}`, '.ant-alert-info, .empty')
    await look(clerk, 'entry-foreign')
    await clerk.close()
  })

  await check('a file of who looked is verified in the browser', async () => {
    const v = JSON.parse(readFileSync(new URL('../../../../node/audit/testdata/looked.json', import.meta.url), 'utf8'))
    const honest = Buffer.from(v.file)
    const file = (name) => {
      const c = v.cases.find((one) => one.name === name)
      return { name: 'looked.json', mimeType: 'application/json', buffer: Buffer.concat([honest.subarray(0, c.at), Buffer.from(c.put), honest.subarray(c.at + c.cut)]) }
    }
    const own = { ...keys, buffer: Buffer.from(v.keys) }
    for (const [lang, width] of [['zh', 1280], ['en', 390]]) {
      const d = await desk('120000', 'auditor', { lang, width })
      const good = await verify(d, file('nothing'), own)
      assert.match(good.verdict, /verdict-good/, good.text)
      assert.equal(await d.page.locator('table.records tbody tr').count(), v.cases[0].looks)
      await look(d, 'verify-looked')
      const bad = await verify(d, file('an entry held back'), own)
      assert.match(bad.verdict, /verdict-bad/, bad.text)
      await d.close()
    }
  })

  await check('an old browser verifies, too', async () => {
    const old = await desk('120000', 'auditor', { before: forget })
    await old.page.route('**/assets/worker-*.js', async (route) => {
      const answer = await route.fetch()
      const stubs = `for (const n of ['Element', 'HTMLElement', 'HTMLInputElement', 'Document', 'CSSStyleSheet']) self[n] = self[n] || class {}; self.window = self; delete WorkerGlobalScope.prototype.structuredClone; delete WorkerGlobalScope.prototype.reportError`
      await route.fulfill({ response: answer, body: `${stubs};(${forget})();\n${await answer.text()}` })
    })
    const good = await verify(old, await fetched(old, '/v1/audit/bundle?all=true', 'audit.zip'), keys)
    assert.match(good.verdict, /verdict-near/, good.text)
    assert.deepEqual(old.wrong, [])
    await old.close()
  })
}

/** genesisOf is the genesis file in a demo's folder. */
function genesisOf(dir) {
  const found = readdirSync(dir, { recursive: true }).find((name) => String(name).endsWith('genesis.json'))
  assert.ok(found, `no genesis under ${dir}`)
  return join(dir, String(found))
}

/** tampered changes a letter in the signature of an entry in the middle, in a copy. */
function tampered(zip) {
  const copy = Buffer.from(zip)
  const end = copy.indexOf('","state":"', copy.indexOf('{"v":1,"seq":9,'))
  assert.ok(end > 0)
  copy[end - 20] = copy[end - 20] === 0x41 ? 0x42 : 0x41
  return copy
}

