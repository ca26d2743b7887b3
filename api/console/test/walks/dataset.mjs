// Hebei enters a data set into the catalogue and loads its rows; Beijing asks for some of
// them, both bureau heads sign, Beijing asks page by page; Hebei revokes, and the question
// that is under way ends.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { ask, open } from '../acts.mjs'

export const scenario = 'charger'
const owner = '130000'
const asker = '110000'

/** column is one of the data set. */
const column = (name, zh, en, type, more = {}) => ({ name, title_zh: zh, title_en: en, type, class: 'clear', ...more })
const entry = {
  set_no: 'HB-GY-2025-07',
  title: '（合成）工业产品生产企业信用名录',
  summary: '（合成）企业、所在市、信用等级和年产值，均为虚构',
  contact: '（合成）质量监督处 0311-00000000',
  data_class: 'general',
  personal_data: 'personal',
  rhythm: 'monthly',
  columns: [
    column('uscc', '统一社会信用代码', 'Credit code', 'uscc'),
    column('name', '企业名称', 'Enterprise', 'string', { max: 60 }),
    column('city', '所在市', 'City', 'enum', { choices: ['石家庄市', '保定市'] }),
    column('grade', '信用等级', 'Credit class', 'enum', { choices: ['A', 'B', 'C', 'D'] }),
    column('output', '年产值', 'Yearly output', 'decimal', { places: 2, unit: '万元', may_lack: true }),
    column('phone', '负责人电话', 'Telephone', 'string', { max: 20, class: 'personal' }),
  ],
  key_columns: ['uscc'],
  shared_with: ['110000-SJ', '120000-SJ'],
}

/** uscc is a credit code with its check digit (GB 32100). */
function uscc(body) {
  const letters = '0123456789ABCDEFGHJKLMNPQRTUWXY'
  const sum = [...body].reduce((n, c, i) => n + letters.indexOf(c) * (3 ** i % 31), 0)
  return body + letters[(31 - (sum % 31)) % 31]
}

/** rows are 400 enterprises, half of them in Baoding, as a spreadsheet saves them. */
function rows(spoil) {
  const lines = ['统一社会信用代码,企业名称,所在市,信用等级,年产值（万元）,负责人电话']
  for (let i = 0; i < 400; i++) {
    const city = spoil && i === 5 ? '北京市' : ['石家庄市', '保定市'][i % 2]
    const code = uscc(`9113${i % 2}600MA0T${String(i).padStart(5, '0')}`)
    lines.push([spoil && i === 8 ? code.slice(0, 17) : code, `（合成）第${i + 1}号企业`, city, 'ABCD'[(i >> 1) % 4], i % 7 ? `${i}.50` : '', `0312-${i}`].join(','))
  }
  return { name: '名录.csv', mimeType: 'text/csv', buffer: Buffer.from('\ufeff' + lines.join('\r\n')) }
}

/** later is the day sixty days after the scenario's today. */
const later = async (d) => new Date(Date.parse((await ask(d, 'GET', '/v1/status')).now) + 60 * 86_400_000).toISOString().slice(0, 10)

export default async function walk({ desk, look, check }) {
  const liaison = await desk(owner, 'liaison')
  let set = ''
  let agreement = ''
  await check('a data set enters the catalogue, its rows are loaded', publish)
  await check('the other bureau asks for it, both sign', agree)
  await check('questions, page by page, until it is revoked', questions)
  await liaison.close()
  await check('the catalogue in English, on a small screen', small)

  /** step takes a step on the page of a data set or an agreement. */
  async function step(d, event, fill = {}) {
    await d.page.click(`#step-${event} .step-head button`)
    for (const [name, value] of Object.entries(fill)) await d.page.fill(`#f-${name}`, value)
    await d.page.click(`#step-${event} .act button[type=submit]`)
    await d.page.waitForSelector('.ant-alert-success')
  }

  async function publish() {
    const clerk = await desk(owner, 'clerk')
    set = await open(clerk, 'data_set', 'clerk', entry)
    await clerk.close()
    const head = await desk(owner, 'bureau_head')
    await head.to(`/data/${set}`, '#step-publish')
    await step(head, 'publish', { release_doc: '冀市监〔2025〕701号' })
    await head.close()

    await liaison.page.click('.second nav a[href$="/data"]')
    await liaison.page.click(`.records a[href$="/data/${set}"]`)
    await liaison.page.waitForSelector('.drop')
    const [template] = await Promise.all([liaison.page.waitForEvent('download'), liaison.page.click('.buttons button >> nth=1')])
    assert.match(readFileSync(await template.path()).toString(), /统一社会信用代码/)
    const upload = (file) => liaison.page.setInputFiles('.drop input[type=file]', file)
    await upload(rows(true))
    await liaison.page.waitForSelector('.sheet-rows')
    assert.deepEqual(await liaison.page.locator('.sheet-rows td.num').allTextContents(), ['7', '10'], 'rows as spreadsheets number them')
    assert.match(await liaison.page.locator('.act-top .ant-alert').textContent(), /400 行中有 2 行有误/)
    await look(liaison, 'data-wrong')
    const [back] = await Promise.all([liaison.page.waitForEvent('download'), liaison.page.click('.act-top .buttons button')])
    assert.equal(readFileSync(await back.path()).toString().trim().split('\r\n').length, 3, 'the wrong rows alone, under their heads')
    await upload(rows(false))
    await liaison.page.click('.act-top .ant-btn-primary')
    await liaison.page.waitForFunction(() => /已装载 400 行/.test(document.querySelector('.act-top .ant-alert')?.textContent ?? ''))
    await look(liaison, 'data-own')
    await upload(rows(false))
    await liaison.page.waitForFunction(() => /没有变化/.test(document.querySelector('.act-top .ant-alert')?.textContent ?? ''))
  }

  async function agree() {
    const d = await desk(asker, 'liaison')
    await d.to('/data', '.records')
    await look(d, 'data-catalogue')
    await d.page.click(`.records a[href$="/data/${set}"]`)
    await d.page.waitForSelector('a[href$="/agree"]')
    assert.equal(await d.page.locator('.drop').count(), 0, 'only the owner loads')
    await d.page.click('a[href$="/agree"]')
    await d.page.waitForSelector('#f-purposes')
    const ticked = () => d.page.locator('.ticks input:checked').count()
    assert.equal(await ticked(), 5, 'what is personal is not asked for unless somebody ticks it')
    await d.page.selectOption('[id="f-purposes.0"]', 'inspection')
    await d.page.fill('#f-use', '（合成）三地互检前了解企业信用等级，拟定检查对象')
    await d.page.fill('#f-legal_basis', '政务数据共享条例 第4条')
    await d.page.fill('#f-expires_on', await later(d))
    const group = d.page.locator('.data-filter')
    await group.locator('select').first().selectOption('city')
    await group.locator('select').nth(2).selectOption('保定市')
    await group.locator('button').click()
    assert.equal(await d.page.inputValue('#f-row_filter'), 'city == "保定市"')
    await look(d, 'data-agree')
    await d.page.click('.act button[type=submit]')
    await d.page.waitForSelector('#step-propose')
    agreement = (await d.page.locator('.record-head .id').textContent()).trim()
    assert.match(agreement, /^DA-110000-/)
    await look(d, 'agreement-draft')
    await d.close()
    const head = await desk(asker, 'bureau_head')
    await head.to(`/agreement/${agreement}`, '#step-propose')
    await step(head, 'propose', { proposal_doc: '京市监〔2025〕702号' })
    await head.close()
    const other = await desk(owner, 'bureau_head')
    await other.to(`/agreement/${agreement}`, '#step-accept')
    await step(other, 'accept', { acceptance_doc: '冀市监〔2025〕703号' })
    await other.page.waitForSelector('.record-head .good')
    await look(other, 'agreement-owner')
    await other.close()
  }

  async function questions() {
    const d = await desk(asker, 'officer')
    await d.to(`/agreement/${agreement}`, '.go')
    await d.page.click('.go')
    await d.page.waitForSelector('#q-filter')
    await d.page.fill('#q-filter', 'phone == "1"')
    await d.page.click('.data-question button[type=submit]')
    await d.page.waitForSelector('.ant-alert-error')
    assert.match(await d.page.locator('.ant-alert-error').textContent(), /字段须在协议范围内/)
    await d.page.fill('#q-filter', '')
    const group = d.page.locator('.data-filter')
    await group.locator('select').first().selectOption('output')
    await group.locator('select').nth(1).selectOption('>=')
    await group.locator('input').fill('12.5')
    await group.locator('button').click()
    assert.equal(await d.page.inputValue('#q-filter'), 'output >= 1250')
    // The owner's node may hear of the agreement a moment later.
    for (let tries = 0; ; tries++) {
      await d.page.click('.data-question button[type=submit]')
      await d.page.waitForSelector('.data-rows, .data-question + .ant-alert-error')
      if ((await d.page.locator('.data-rows').count()) > 0) break
      assert.ok(tries < 20, await d.page.locator('.ant-alert-error').textContent())
    }
    assert.equal(await d.page.locator('.data-rows tbody tr').count(), 50)
    const cities = await d.page.locator('.data-rows tbody td:nth-child(3)').allTextContents()
    assert.deepEqual([...new Set(cities)], ['保定市'], 'the agreement leaves the other rows out')
    await look(d, 'data-page')
    await d.page.click('.pager button >> nth=1')
    await d.page.waitForFunction(() => /第 2 页/.test(document.querySelector('.pager')?.textContent ?? ''))
    const [csv] = await Promise.all([d.page.waitForEvent('download'), d.page.click('.act-top .panel-head button')])
    assert.equal(readFileSync(await csv.path()).toString().trim().split('\r\n').length, 101, 'both pages and the heads')

    await liaison.to(`/agreement/${agreement}`, '#step-revoke')
    await step(liaison, 'revoke', { reason: '（合成）检查已经结束' })
    await look(liaison, 'agreement-revoked')
    // What a page further on is asked for, the owner's node refuses: it was revoked there.
    await d.page.click('.pager button >> nth=1')
    await d.page.waitForSelector('.ant-alert-error')
    assert.match(await d.page.locator('.ant-alert-error').textContent(), /协议未生效或者已经废止/)
    await look(d, 'data-revoked')
    await d.to(`/agreement/${agreement}`, '.records')
    assert.equal(await d.page.locator('.go').count(), 0, 'nobody is led to a question that is refused')
    assert.equal(await d.page.locator('table.records').last().locator('tbody tr').count(), 2, 'a note for each page that was given')
    await look(d, 'agreement-asker')
    await d.close()

    const auditor = await desk(owner, 'auditor')
    await auditor.to(`/audit/looked?record=${agreement}`, '.records tbody tr')
    const looks = await auditor.page.locator('.records tbody tr').allTextContents()
    assert.equal(looks.filter((l) => l.includes('inspection') && l.includes('×50')).length, 2, looks.join('\n'))
    await auditor.close()
  }

  async function small() {
    const d = await desk(asker, 'clerk', { lang: 'en', width: 390 })
    await d.to('/data', '.records')
    await look(d, 'data-catalogue')
    await d.to(`/data/${set}`, '.records')
    await look(d, 'data-set')
    await d.to(`/agreement/${agreement}`, '.records')
    await look(d, 'agreement')
    const next = await open(d, 'data_agreement', 'clerk', {
      counterpart: '130000-SJ', data_set: set, purposes: ['statistics', 'inspection'], use: '（合成）统计分析', legal_basis: '政务数据共享条例 第4条',
      agreed_columns: ['uscc', 'grade'], row_filter: 'true', expires_on: await later(d),
    })
    await d.to(`/agreement/${next}/ask`, '#q-filter')
    await look(d, 'data-ask')
    await d.close()
  }
}
