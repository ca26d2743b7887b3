// On a network where the charger has been played every step is ticked; begun anew none is.
// Whoever runs the node moves the practice clock, forward only.
import assert from 'node:assert/strict'

export const scenario = 'charger'

export default async function walk({ desk, look, check }) {
  const d = await desk('120000', 'officer')
  await check('an exercise that was played', played)
  await check('an exercise begun anew', anew)
  await d.close()
  await check('the practice clock', clock)

  async function played() {
    await d.page.click('.brand a.practice')
    await d.page.waitForSelector('.exercise-done')
    await d.page.waitForFunction(() => !document.querySelector('.waiting'))
    await look(d, 'practice-played')
    assert.ok((await d.page.locator('.exercise-hidden').count()) > 0, 'what Hebei and Beijing do is not seen in Tianjin')
    const undone = await d.page.locator('.exercise-next, .exercise-open').count()
    assert.equal(undone, 0, 'every step of the scenario that was played is seen on the ledger')
  }

  async function anew() {
    await d.page.click('.exercise-step >> nth=0') // nothing happens: steps are no buttons
    await d.page.click('.linkish')
    await d.page.waitForURL(/since=/)
    await d.page.waitForFunction(() => document.querySelectorAll('.exercise-done').length === 0)
    await d.page.waitForSelector('.exercise-next')
    await d.page.selectOption('.filters select', 'platform')
    await d.page.waitForURL(/scenario=platform/)
    await d.page.waitForSelector('.exercise-step a[href$="/imports/lead_transfer"]')
    await look(d, 'practice-platform')
  }

  async function clock() {
    let later // one time for all: acts signed at a clock ahead of the others would be refused
    for (const region of ['110000', '120000', '130000']) {
      const o = await desk(region, 'operator', region === '120000' ? { lang: 'en', width: 390 } : {})
      await o.to('/practice', '.practice-to')
      await o.page.waitForFunction(() => /\d\d:\d\d/.test(document.querySelector('.panel b').textContent)) // the clock has been read
      const now = (await o.page.locator('.panel b').first().textContent()).match(/\d{4}-\d\d-\d\d \d\d:\d\d/)[0]
      later ??= new Date(Date.parse(now.replace(' ', 'T') + 'Z') + 600_000).toISOString().slice(0, 16).replace('T', ' ')
      if (region === '120000') {
        await look(o, 'practice-clock')
        assert.equal(await o.page.locator('.exercise-next, .exercise-done').count(), 0, 'who reads no records is told of none')
        await move(o, '2025-01-01')
        await o.page.waitForSelector('.ant-alert-error')
      }
      await move(o, later)
      await o.page.waitForFunction((time) => document.querySelector('.panel b').textContent.includes(time), later)
      await o.close()
    }
  }

  async function move(o, time) {
    await o.page.fill('.practice-to', time)
    await o.page.press('.practice-to', 'Enter')
  }
}
