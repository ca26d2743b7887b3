// Somebody of a bureau reads the time limits of all bureaus: figures with what they are
// made of, plots with their tables, the records behind a number, a workbook to take along.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

export const scenario = 'charger'

export default async function walk({ desk, look, check }) {
  const d = await desk('120000', 'unit_head')
  await check('reports', reports)
  await check('a room', room)
  await d.close()
  await check('a report in English, on a small screen', small)

  async function reports() {
    await d.page.click('.second nav a[href$="/reports"]')
    await d.page.waitForSelector('.limits a')
    assert.ok((await d.page.locator('.limits a').count()) >= 11)
    await look(d, 'reports')
    await d.page.click('.limits a[href$="/reports/overdue"]')
    await d.page.waitForSelector('.plot svg')
    await look(d, 'report-overdue')
    const bars = await d.page.locator('.plot').first().locator('.bar-label').count()
    const rows = await d.page.locator('.panel:has(.plot) >> nth=0').locator('table.numbers:not(.cross) tbody tr').count()
    assert.equal(rows, bars, 'a row of the table for each bar')
    // The share in time: what the page says is what it is made of.
    const share = d.page.locator('.panel').first().locator('tbody tr', { hasText: '按期率' })
    const [value, num, den] = await share.locator('td.num').allTextContents()
    assert.equal(value, `${((100 * Number(num)) / Number(den)).toFixed(1)}%`)

    const met = d.page.locator('.panel', { has: d.page.locator('h2', { hasText: '按期完成' }) })
    await met.locator('.breakdown-head > button').click()
    await met.locator('.behind a.id').first().waitFor()
    const listed = await met.locator('.behind h3').first().textContent()
    assert.ok(listed.includes(`(${num})`), `${listed} are behind ${num}`)
    await look(d, 'report-listed')
    const [book] = await Promise.all([d.page.waitForEvent('download'), d.page.click('.report-take button >> nth=1')])
    assert.match(book.suggestedFilename(), /^overdue-\d+\.xlsx$/)
    assert.equal(readFileSync(await book.path()).subarray(0, 2).toString(), 'PK')

    await d.page.fill('.report-day >> nth=0', '2024-01-01')
    await d.page.fill('.report-day >> nth=1', '2024-12-31')
    await d.page.press('.report-day >> nth=1', 'Enter')
    await d.page.waitForURL(/to=2024-12-31/)
    await d.page.waitForSelector('.plot', { state: 'detached' })
    await d.to('/reports/overdue?from=2025-13-01', '.ant-alert-error')
    await d.to('/reports/overdue?region=120000', '.plot svg')
  }

  async function room() {
    await d.to('/records?procedure=campaign', '.filters select')
    await d.page.click('a[href$="/rooms/campaign"]')
    await d.page.waitForSelector('.numbers')
    await look(d, 'room-campaign')
    await d.to('/rooms/pt_round', '.numbers')
    await look(d, 'room-proficiency')
  }

  async function small() {
    const s = await desk('110000', 'auditor', { lang: 'en', width: 390 })
    await s.to('/reports/overdue', '.plot svg')
    await look(s, 'report-overdue')
    await s.close()
  }
}
