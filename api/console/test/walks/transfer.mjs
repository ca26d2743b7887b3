// A clerk, an approver and a liaison take a case from draft to the other bureau, in
// Chinese and in English; a team member, an auditor and an operator look at it; somebody
// signs out.
import assert from 'node:assert/strict'
import { entry, shots } from '../harness.mjs'

export const scenario = 'charger'
const sender = '120000'
const receiver = '130000'

export default async function walk({ demo, desk, look, fits, check }) {
  assert.equal(demo.printed().match(/\/console\/enter#/g).length, 21, 'a demo prints a link for each person of each region')
  const record = await check('a case transfer in Chinese', () => transfer('zh', 901))
  await check('a case transfer in English', () => transfer('en', 902))
  await check('a screen of 390 pixels', () => small(record))
  await check('auditor and operator', others)
  await check('a session that ends, and another person in the same browser', comeBack)
  await check('signing out', signOut)

  /** draft fills in the form of a case transfer as a clerk does, after leaving it empty once. */
  async function draft(d, number) {
    await d.page.click('.starts a[href$="/open/case_transfer"]')
    await d.page.waitForSelector('#f-case_file_no')
    await d.page.click('.act button[type=submit]')
    await d.page.waitForSelector('.wrongs li')
    assert.equal(await d.page.locator('.wrongs li').count(), 11, 'every mandatory field is named at once')
    await look(d, 'form-empty')
    await d.page.fill('#f-case_file_no', `津市监立〔2025〕${number}号`)
    await d.page.fill('#f-filed_on', '2025-12-20')
    await d.page.selectOption('#f-party_kind', 'enterprise')
    await d.page.fill('#f-party_name', '廊坊（合成）第' + number + '充电器厂')
    await d.page.selectOption('#f-cause', 'ccc_missing')
    await d.page.fill('#f-facts', '（合成）当事人在天津销售未经强制性产品认证的充电器，实际生产地在廊坊，货值约三万元。')
    await d.page.selectOption('#f-jurisdiction_ground', 'art7')
    await d.page.fill('#f-jurisdiction_note', '（合成）违法行为发生地在河北省廊坊市。')
    await d.page.selectOption('#f-proposed_receiver', `${receiver}-SJ`)
    await d.page.setInputFiles('[id="f-materials.0.file"]', { name: '现场笔录.txt', mimeType: 'text/plain', buffer: Buffer.from('（合成）现场笔录 ' + number) })
    await d.page.waitForSelector('.file code')
    await d.page.selectOption('[id="f-materials.0.kind"]', 'site_record')
    await d.page.fill('[id="f-materials.0.pages"]', '3')
    await d.page.fill('#f-contact', '（合成）经办人 022-0000000')
    await d.page.click('.act button[type=submit]')
    // The law's own refusal: an enterprise has a number, or a reason why not.
    await d.page.waitForSelector('.act-top [role=alert]')
    assert.match(await d.page.locator('.act-top').textContent(), /第14条/)
    await look(d, 'form-refused')
    await d.page.click('.more summary')
    await d.page.fill('#f-party_unidentified', '（合成）主体信息尚在核实')
    await d.page.click('.act button[type=submit]')
    await d.page.waitForSelector('.record-head .id')
    return (await d.page.locator('.record-head .id').textContent()).trim()
  }

  /** step takes the step of a record that is this person's to take. */
  async function step(d, record, fill) {
    await d.to(`/record/${record}`, '.step-yours')
    await d.page.click('.step-yours .step-head button')
    await d.page.waitForSelector('.act')
    if (fill) await fill(d.page)
    await look(d, 'step')
    await d.page.click('.act button[type=submit]')
    await d.page.waitForSelector('.ant-alert-success')
    await look(d, 'step-done')
  }

  /** refusedLater has the node promise a statement and the ledger refuse it: the form says so, and no promise stands there any more. */
  async function refusedLater(d, record) {
    const id = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
    const refusal = { code: 'too_early', zh: '（合成）时候未到', en: '(synthetic) too early', cite: '（合成）第0条' }
    let answer
    await d.page.route('**/events', (route) => (route.request().method() === 'POST' ? route.fulfill({ status: 202, json: { id, status: 'pending' } }) : route.continue()))
    await d.page.route(`**/v1/statements/${id}`, (route) => new Promise((go) => (answer = go)).then(() => route.fulfill({ json: { id, status: 'refused', refusal } })))
    await d.to(`/record/${record}`, '.step-yours')
    await d.page.click('.step-yours .step-head button')
    await d.page.click('.act button[type=submit]')
    await d.page.waitForSelector('.ant-alert-warning')
    while (!answer) await d.page.waitForTimeout(20)
    answer()
    await d.page.waitForSelector('.act [role=alert]')
    assert.match(await d.page.locator('.act [role=alert]').textContent(), /时候未到.*第0条/, 'what was refused later is not said')
    assert.equal(await d.page.locator('.ant-alert-warning').count(), 0, 'it still says to wait')
    await d.page.unrouteAll()
  }

  async function transfer(lang, number) {
    const clerk = await desk(sender, 'clerk', { lang })
    await look(clerk, 'desk')
    const began = await entry(clerk)
    const record = await draft(clerk, number)
    await look(clerk, 'record')
    assert.equal(await clerk.page.locator('.step-yours').count(), 1, 'a clerk may cancel the draft and nothing else')

    const head = await desk(sender, 'bureau_head', { lang })
    if (lang === 'zh') await refusedLater(head, record)
    await step(head, record)
    await head.close()

    // The clerk's page has not been touched: the step shows by itself.
    await clerk.page.waitForFunction(() => document.querySelectorAll('.timeline > li').length === 2, null, { timeout: 5000 })
    assert.ok((await entry(clerk)) > began)

    const liaison = await desk(sender, 'liaison', { lang })
    await step(liaison, record, async (page) => {
      await page.fill('#f-doc_no', `津市监案移[2025]${number}号`)
      await page.setInputFiles('#f-payload_root', { name: '清单.txt', mimeType: 'text/plain', buffer: Buffer.from('（合成）移送材料清单 ' + number) })
      await page.waitForSelector('.file code')
      await page.selectOption('#f-receiver_org', `${receiver}-SJ`)
    })
    // The receiving node signs the receipt by itself; deadlines begin to run.
    await liaison.page.waitForFunction(() => document.querySelectorAll('.timeline > li').length === 4, null, { timeout: 10_000 })
    // Before a checkpoint covers an entry the node answers 202 and no proof; the page asks again.
    await liaison.page.route(/\/receipt/, (route) => route.fulfill({ status: 202, contentType: 'application/json', body: '{"status":"committed"}' }), { times: 1 })
    await liaison.page.click('.timeline > li:nth-child(2) .proof-toggle')
    await liaison.page.waitForSelector('.proof pre', { state: 'attached' })
    await look(liaison, 'proof')
    await liaison.close()
    await clerk.close()

    const other = await desk(receiver, 'unit_head', { lang })
    await other.page.waitForSelector(`.records a[href$="${record}"]`) // it is owed: the desk begins with it
    await look(other, 'desk-receiver')
    await other.page.fill('.search input', `津市监案移〔2025〕${number}号`)
    await other.page.press('.search input', 'Enter')
    await other.page.waitForSelector(`.records a[href$="${record}"]`)
    await look(other, 'search')
    await other.page.fill('.search input', record.toLowerCase())
    await other.page.press('.search input', 'Enter')
    await other.page.waitForSelector('.record-head')
    await look(other, 'record-receiver')
    await other.close()
    return record
  }

  async function small(record) {
    for (const lang of ['zh', 'en']) {
      const d = await desk(receiver, 'lead', { lang, width: 390 })
      await look(d, 'desk')
      await d.to(`/record/${record}`, '.record-head')
      await look(d, 'record')
      if (lang === 'zh') {
        await d.to('/records', '.records')
        await look(d, 'records')
        await d.to('/nodes', '.nodes li')
        await look(d, 'nodes')
      }
      await d.to('/help', '.greeting')
      await look(d, 'help')
      await d.to('/audit', '.entries li')
      await look(d, 'audit')
      await d.close()
    }
  }

  async function others() {
    const auditor = await desk('110000', 'auditor', { lang: 'en' })
    await look(auditor, 'desk-auditor')
    assert.equal(await auditor.page.locator('.starts a').count(), 0, 'an auditor starts nothing')
    await auditor.to('/records?procedure=unqualified&sort=due', '.panel')
    await look(auditor, 'records')
    await auditor.page.click('.second nav a[href$="/audit"]')
    await auditor.page.waitForSelector('.entries li a')
    await look(auditor, 'audit')
    assert.equal(await auditor.page.locator('.verdicts .bad').count(), 0)
    await auditor.close()
    const operator = await desk('110000', 'operator')
    await operator.page.waitForSelector('.nodes li')
    assert.equal(await operator.page.locator('.nodes li').count(), 3)
    assert.equal(await operator.page.locator('.second nav a').count(), 3, 'who runs a node has no business in the files')
    await look(operator, 'nodes')
    await operator.close()
  }

  /** comeBack has a session end on another page of the browser while a form is filled in; its person finds it again, by a link that is opened beside another's session. */
  async function comeBack() {
    const d = await desk(sender, 'clerk')
    await d.to('/open/case_transfer', '#f-case_file_no')
    assert.match(await d.page.title(), /^办理事项 · /)
    await d.page.fill('#f-facts', '（合成）写了一半')
    const beside = await d.page.context().newPage()
    await beside.goto(demo.link(sender, 'officer'))
    await beside.waitForSelector('.sign-card .ant-btn-primary')
    assert.match(await beside.locator('.sign-card').textContent(), /经办人/, 'whose session that is')
    await fits({ ...d, page: beside }, 'a link beside a session')
    await beside.click('.sign-card .ant-btn-primary')
    await beside.waitForSelector('.frame')
    assert.match(await beside.locator('.bureau').textContent(), /执法人员/)
    await d.page.evaluate(() => window.dispatchEvent(new Event('focus'))) // looked at again
    await d.page.waitForFunction(() => /执法人员/.test(document.querySelector('.bureau').textContent))
    assert.equal(await d.page.inputValue('#f-facts'), '', 'somebody else sees what was filled in')
    await beside.close()
    await d.close()

    const c = await desk(sender, 'clerk')
    await c.to('/open/case_transfer', '#f-facts')
    await c.page.fill('#f-facts', '（合成）写了一半')
    await c.page.evaluate(() => fetch('/console/session', { method: 'DELETE' }))
    await c.page.evaluate(() => window.dispatchEvent(new Event('focus')))
    await c.page.fill('#sign-code', demo.link(sender, 'clerk'))
    await c.page.click('.sign-card button[type=submit]')
    await c.page.waitForSelector('#f-facts')
    assert.equal(await c.page.inputValue('#f-facts'), '（合成）写了一半', 'what was filled in is lost with the session')
    assert.match(c.page.url(), /\/open\/case_transfer$/)
    await c.page.click('.act .linkish')
    assert.equal(await c.page.inputValue('#f-facts'), '')
    assert.deepEqual(c.wrong, [])
    await c.close()
  }

  async function signOut() {
    const d = await desk(sender, 'clerk')
    const cookie = (await d.page.context().cookies()).find((c) => c.name.startsWith('sandi-'))
    assert.ok(cookie.httpOnly && cookie.sameSite === 'Strict')
    assert.equal(await d.page.evaluate(() => document.cookie), '')
    const stored = await d.page.evaluate(() => Object.entries({ ...localStorage, ...sessionStorage }))
    assert.deepEqual(stored.map(([key]) => key), ['sandi-tours'], 'nothing but the language and which tours were seen is stored')
    assert.match(stored[0][1], /^\["[0-9a-f]{8}"\]$/, 'a tour that was seen is no name')
    await d.page.click('.account')
    await d.page.locator('.ant-dropdown-menu-item').first().click()
    await d.page.waitForSelector('.sign-card input')
    await fits(d, 'signed out')
    assert.deepEqual(await d.page.evaluate(() => Object.entries({ ...localStorage })), stored, 'signing out loses the language, the tours, an auditor\'s checkpoint')
    await d.page.goto(d.origin + '/console/enter?refused')
    await d.page.waitForSelector('.sign-card .ant-alert-error')
    await fits(d, 'refused by the identity provider')
    if (shots) await d.page.screenshot({ path: `${shots}/sign-in.png` })
    const answer = await d.page.context().request.get(d.origin + '/v1/records', { headers: { cookie: `${cookie.name}=${cookie.value}` } })
    assert.equal(answer.status(), 401, 'a signed-out cookie works')
    await d.page.goto(d.origin + '/console') // a link works once, also in the browser that used it
    await d.page.goto(d.link)
    await d.page.waitForSelector('.sign-card .ant-alert-error')
    assert.deepEqual(d.wrong, [])
    await d.close()
  }
}
