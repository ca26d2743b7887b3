// What helps somebody who never saw the console: the tour of a first visit, by keyboard
// and on a small screen, and the forms that are refined by hand: hints, offers, what is
// carried over, the warning of article 10, the limits an act would start.
import assert from 'node:assert/strict'

export const scenario = 'charger'

/** stopOf is what the tour says of where it is. */
const stopOf = (d) => d.page.locator('.tour h2').textContent()

/** offered takes over what is offered for a field. */
const offered = (d, field) => d.page.locator('.line', { has: d.page.locator(`#f-${field}`) }).locator('.present button').click()

export default async function walk({ desk, look, check }) {
  await check('the tour of a first visit, whole and by keyboard', wholeTour)
  await check('a tour in English on 390 pixels', smallTour)
  for (const role of ['bureau_head', 'liaison', 'auditor', 'operator']) await check(`the tour of ${role} finds what it shows`, () => quickTour(role))
  await check('a case in its form: offers, summary', theCase)
  await check('files arrive while the form is filled in', theFiles)
  await check('the warning of article 10', theWarning)
  await check('limits are foreseen', theLimits)
  await check('what follows from a record takes over what it says', onward)

  async function wholeTour() {
    const d = await desk('120000', 'clerk', { tour: true })
    await look(d, 'tour-welcome')
    await d.page.focus('.tour .tour-next')
    let last = ''
    for (let n = 1; ; n++) {
      await d.page.keyboard.press('Enter')
      await d.page.waitForFunction((before) => document.querySelector('.tour h2').textContent !== before, last || '导览')
      last = await stopOf(d)
      await d.page.waitForSelector('[data-tour=here]')
      assert.equal(await d.page.locator('[data-tour=here]').count(), 1)
      assert.equal(await d.page.evaluate(() => document.activeElement.className), 'tour-text', 'the next stop is read out')
      if (n === 3) await look(d, 'tour-start')
      const [, at, of] = /(\d+) \/ (\d+)/.exec(last)
      assert.equal(Number(at), n)
      await d.page.focus('.tour .tour-next')
      if (at === of) break
    }
    assert.match(d.page.url(), /\/help$/)
    await d.page.keyboard.press('Enter')
    await d.page.waitForFunction(() => !document.querySelector('.tour'))
    assert.equal(await d.page.locator('[data-tour]').count(), 0)
    await d.to('/', '.figures')
    assert.equal(await d.page.locator('.tour').count(), 0, 'a tour is shown once')
    await d.to('/help', '.tour-again')
    await d.page.click('.tour-again')
    await d.page.focus('.tour .tour-next')
    await d.page.keyboard.press('Escape')
    await d.page.waitForFunction(() => !document.querySelector('.tour'))
    await d.close()
  }

  async function smallTour() {
    const d = await desk('130000', 'lead', { tour: true, lang: 'en', width: 390 })
    await look(d, 'tour-welcome')
    await d.page.click('.tour .tour-next')
    await d.page.waitForSelector('[data-tour=here]')
    await look(d, 'tour-missions')
    await d.page.click('.tour .tour-skip')
    await d.page.waitForFunction(() => !document.querySelector('.tour'))
    await d.close()
  }

  async function quickTour(role) {
    const d = await desk('110000', role, { tour: true })
    for (let n = 1; ; n++) {
      await d.page.click('.tour .tour-next')
      await d.page.waitForFunction((at) => new RegExp(` ${at} / `).test(document.querySelector('.tour h2').textContent), n)
      await d.page.waitForSelector('[data-tour=here]')
      const [, at, of] = /(\d+) \/ (\d+)/.exec(await stopOf(d))
      if (at === of) break
    }
    await d.page.click('.tour .tour-next')
    await d.page.waitForFunction(() => !document.querySelector('.tour'))
    assert.deepEqual(d.wrong, [])
    await d.close()
  }

  async function theCase() {
    const d = await desk('110000', 'clerk', { lang: 'en', width: 390 })
    await d.to('/open/case_transfer', '#f-case_file_no')
    await look(d, 'refined-case')
    assert.equal(await d.page.locator('.group').count(), 5)
    await d.page.selectOption('#f-party_kind', 'enterprise')
    await d.page.waitForFunction(() => /one of these/.test(document.querySelector('label[for=f-party_uscc]').textContent))
    await d.page.fill('#f-party_uscc', '91131003XXXX00027R')
    await offered(d, 'actual_division')
    assert.equal(await d.page.inputValue('#f-actual_division'), '131003')
    assert.match(await d.page.locator('.line:has(#f-actual_division) .named').textContent(), /Guangyang/, 'the code is named')
    await offered(d, 'proposed_receiver')
    assert.match(await d.page.inputValue('#f-proposed_receiver'), /^13\d{4}-SJ$/)
    await d.page.fill('#f-filed_on', '2099-01-01')
    await d.page.waitForSelector('.cautions .ant-alert')
    const summary = await d.page.locator('.summary').textContent()
    assert.match(summary, /91131003XXXX00027R/)
    assert.match(summary, /Still missing \(8\): Case file number/)
    await look(d, 'refined-case-begun')
    await d.close()
  }

  async function theFiles() {
    const d = await desk('110000', 'clerk')
    await d.to('/open/case_transfer', '#f-materials')
    const put = (n, name) => d.page.setInputFiles(`[id="f-materials.${n}.file"]`, { name, mimeType: 'text/plain', buffer: Buffer.from(`（合成）${name}`) })
    const arrived = []
    await d.page.route('**/v1/materials', (route) => new Promise((go) => arrived.push(go)).then(() => route.continue()))
    await put(0, '甲.txt')
    await d.page.fill('[id="f-materials.0.pages"]', '7')
    await d.page.click('#f-materials .add')
    await put(1, '乙.txt')
    await d.page.waitForFunction(() => document.querySelector('.act button[type=submit]').disabled)
    while (arrived.length < 2) await d.page.waitForTimeout(20)
    arrived[1]()
    await d.page.waitForFunction(() => document.querySelectorAll('.file code').length === 1)
    assert.ok(await d.page.locator('.act button[type=submit]').isDisabled(), 'it can be signed while a file is on its way')
    arrived[0]()
    await d.page.waitForFunction(() => !document.querySelector('.act button[type=submit]').disabled)
    assert.equal(await d.page.locator('.file code').count(), 2, 'a file is lost when another arrives')
    assert.equal(await d.page.inputValue('[id="f-materials.0.pages"]'), '7', 'what was filled in meanwhile is lost')
    await d.page.locator('#f-materials .list-row').first().locator('> button').click()
    assert.match(await d.page.locator('.file').textContent(), /乙\.txt/, 'a file stands under the name of another')
    assert.equal(await d.page.inputValue('[id="f-materials.0.name"]'), '乙.txt')
    await d.close()
  }

  async function theWarning() {
    const d = await desk('110000', 'liaison')
    await d.to('/open/lead_transfer', '#f-lead_no')
    await d.page.selectOption('#f-jurisdiction_ground', 'art7')
    assert.equal(await d.page.locator('.cautions .ant-alert').count(), 0)
    await d.page.selectOption('#f-jurisdiction_ground', 'art10_2')
    await d.page.waitForSelector('.cautions .ant-alert')
    assert.match(await d.page.locator('.line:has(#f-jurisdiction_ground) .cautions').textContent(), /最先立案的部门管辖.*第10条第2款、第12条/)
    await look(d, 'refined-lead')
    await d.close()
  }

  async function theLimits() {
    const d = await desk('130000', 'officer')
    await d.to('/open/penalty_push', '#f-decision_doc_no')
    assert.equal(await d.page.inputValue('#f-authority'), '130000-SJ', 'the own bureau is filled in')
    await d.page.waitForFunction(() => /“决定日期”/.test(document.querySelector('.foresight')?.textContent ?? ''))
    await d.page.fill('#f-decision_date', '2026-01-30')
    await d.page.waitForFunction(() => /10 个工作日，自 2026-01-30起算，至 2026-02-13/.test(document.querySelector('.foresight').textContent))
    await look(d, 'refined-penalty')
    await d.close()
  }

  async function onward() {
    const d = await desk('130000', 'officer')
    await d.to('/records?procedure=unqualified', '.records a')
    await d.page.click('.records a >> nth=0')
    await d.page.waitForSelector('.onward a')
    const record = (await d.page.locator('.record-head .id').textContent()).trim()
    await look(d, 'onward')
    await d.page.click('.onward a[href*="/open/assistance"]')
    await d.page.waitForSelector('#f-matters', { state: 'attached' })
    assert.equal(await d.page.locator('#f-origin_record').inputValue(), record)
    await look(d, 'refined-assistance')
    // The same by typing the id: what the record says is offered for what is empty.
    await d.to('/open/unqualified', '#f-sample_no')
    await d.page.$$eval('.act details.more', (all) => all.forEach((one) => one.setAttribute('open', '')))
    await d.page.fill('#f-parent_record', record)
    await d.page.click('.origin button')
    assert.notEqual(await d.page.inputValue('#f-sample_no'), '')
    await d.close()
  }
}
