// A liaison brings leads in from a spreadsheet: template, wrong rows, the sheet back, the
// right rows, the mended sheet, and five hundred rows at once. A clerk drafts cases from one.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

export const scenario = 'charger'

const heads = [
  '线索编号', '线索来源', '涉嫌案由', '线索内容', '被反映主体类型', '主体名称（自然人须遮蔽，如“张*”）', '实际经营地或者行为地', '管辖依据',
  '是否实名举报（有须告知的举报人）', '材料中是否包含举报人信息', '接收单位', '线索移送函文号', '本单位是否已就此立案（已立案的依第12条由最先立案者管辖，不得按线索移送）',
]
const lead = (series, n) => [
  `${series}-${n}`, '举报', '以假充真', `（合成）第${n}行：平台店铺销售的产品涉嫌以假充真，已固定网页证据。`, '平台店铺', `（合成）店铺${series}${n}`, '120114',
  '第10条第2款（平台内经营者实际经营地）', '否', '否', '120000-SJ', `京技管商务消移送〔2025〕${series === 'A' ? 1000 + n : 2000 + n}号`, '否',
]
const file = (name, rows, header = heads) => ({ name, mimeType: 'text/csv', buffer: Buffer.from('\ufeff' + [header, ...rows].map((r) => r.join(',')).join('\r\n')) })
const range = (n) => Array.from({ length: n }, (_, i) => i + 1)

const upload = (page, f) => page.setInputFiles('.drop input[type=file]', f)
const said = (page) => page.locator('.act-top .ant-alert').textContent()

export default async function walk({ desk, look, check }) {
  const d = await desk('110000', 'liaison')
  await check('a sheet of leads, with errors', leads)
  await check('five hundred rows', many)
  await d.close()
  await check('drafts of cases in English, on a small screen', cases)

  async function leads() {
    await d.page.click('.second nav a[href$="/imports"]')
    await d.page.waitForSelector('.limits a')
    await look(d, 'imports')
    await d.page.click('.limits a[href$="/imports/lead_transfer"]')
    await d.page.waitForSelector('.drop')
    const [template] = await Promise.all([d.page.waitForEvent('download'), d.page.click('.buttons button >> nth=0')])
    assert.match(template.suggestedFilename(), /lead_transfer-template\.xlsx$/)
    assert.equal(readFileSync(await template.path()).subarray(0, 2).toString(), 'PK')

    await upload(d.page, { name: '说明.pdf', mimeType: 'application/pdf', buffer: Buffer.from('x') })
    await d.page.waitForSelector('.ant-alert-error')
    await upload(d.page, file('空.csv', []))
    await d.page.waitForSelector('.panel .ant-alert-error[role=alert]')

    const rows = range(30).map((n) => lead('A', n))
    rows[2][2] = '没有的案由'
    rows[4][4] = '自然人'
    rows[7][0] = 'A-1'
    await upload(d.page, file('线索.csv', rows))
    await d.page.waitForSelector('.sheet-rows')
    assert.match(await said(d.page), /共 30 行 · 可导入 27 行 · 有错误 3 行/)
    assert.deepEqual(await d.page.locator('.sheet-rows td.num').allTextContents(), ['4', '6', '9'], 'the wrong rows stand first')
    await look(d, 'import-preview')
    assert.match(await d.page.locator('.sheet-think').textContent(), /最先立案/, 'what article 10 asks to think of stands before the import')
    const [back] = await Promise.all([d.page.waitForEvent('download'), d.page.click('.buttons:has(.ant-btn-primary) button >> nth=1')])
    assert.match(readFileSync(await back.path()).toString(), /错误原因/)
    await d.page.click('.tabs button >> nth=0')
    assert.equal(await d.page.locator('.sheet-rows tbody tr').count(), 20)
    await d.page.click('.pager button >> nth=1')
    assert.equal(await d.page.locator('.sheet-rows tbody tr').count(), 10)

    await d.page.click('.buttons .ant-btn-primary')
    await d.page.waitForFunction(() => /已在账上 27 行/.test(document.querySelector('.act-top .ant-alert')?.textContent ?? ''))
    await d.page.click('.tabs button >> nth=2')
    await d.page.waitForSelector('.sheet-rows a.id')
    await look(d, 'import-result')
    const record = await d.page.locator('.sheet-rows a.id').first().textContent()
    assert.match(record, /^LT-110000-/)

    rows[2] = lead('A', 3)
    rows[4] = lead('A', 5)
    rows[7] = lead('A', 8)
    await upload(d.page, file('线索（改）.csv', rows))
    await d.page.waitForFunction(() => /可导入 3 行/.test(document.querySelector('.act-top .ant-alert')?.textContent ?? ''))
    assert.match(await said(d.page), /已在账上 27 行/)
    await d.page.click('.buttons .ant-btn-primary')
    await d.page.waitForFunction(() => /全部 30 行都在账上/.test(document.querySelector('.act-top .ant-alert')?.textContent ?? ''))
    await d.page.waitForSelector('.sheet-print a')
    const print = new URL(await d.page.locator('.sheet-print a').first().getAttribute('href'), d.origin)
    assert.match(print.pathname, /\/print\/lead_transfer_letter$/)
    assert.equal(print.searchParams.get('records').split(',').length, 30, 'one letter for each row')
    await d.page.click(`.sheet-rows a[href$="${record}"]`)
    await d.page.waitForSelector('.record-head')
  }

  async function many() {
    await d.to('/imports/lead_transfer', '.drop')
    await upload(d.page, file('五百行.csv', range(500).map((n) => lead('B', n))))
    await d.page.waitForSelector('.sheet-rows')
    assert.match(await said(d.page), /可导入 500 行/)
    await d.page.click('.buttons .ant-btn-primary')
    await d.page.waitForSelector('progress')
    await d.page.waitForFunction(() => /全部 500 行都在账上/.test(document.querySelector('.act-top .ant-alert')?.textContent ?? ''), null, { timeout: 60_000 })
  }

  async function cases() {
    const c = await desk('120000', 'clerk', { lang: 'en', width: 390 })
    await c.to('/imports/case_transfer', '.drop')
    const header = ['Case file number of the sender', 'Date of filing', 'Kind of party', 'Name of the party (natural persons masked, such as "Zhang*")', 'Cause', 'Facts of the case', 'Ground of jurisdiction', 'Why it is not ours', 'Receiving organisation put up for approval', 'Contact'].map((h) => `"${h.replace(/"/g, '""')}"`)
    const row = (n, kind) => [`津市监立〔2025〕${n}号`, '2025-08-01', kind, `（合成）第${n}店`, 'Fake sold as genuine', `（合成）第${n}店销售的产品涉嫌以假充真，实际生产地在河北省廊坊市。`, 'Art. 7 (place of the act)', '（合成）违法行为发生地在廊坊市。', '130000-SJ', '（合成）022-5550101']
    await upload(c.page, file('cases.csv', [row(7101, 'Platform shop'), row(7102, 'Enterprise')], header))
    await c.page.waitForSelector('.sheet-rows')
    assert.match(await c.page.locator('.sheet-rows .bad').first().textContent(), /wrong/)
    await look(c, 'import-cases')
    await c.page.click('.buttons .ant-btn-primary')
    await c.page.waitForSelector('.buttons a[href*="records"]')
    await c.page.click('.tabs button >> nth=2')
    await c.page.click('.sheet-rows a.id')
    await c.page.waitForSelector('.record-head')
    assert.match(await c.page.locator('.record-head').textContent(), /Draft/)
    await c.close()
  }
}
