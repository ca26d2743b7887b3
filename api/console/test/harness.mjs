// What walks through the console share: people who come in by a link, and what has to
// hold of each page they see: no request to another host, nothing that the page's policy
// refuses, no error, no finding of axe, nothing wider than the screen.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium } from 'playwright-core'
import { startDemo } from './demo.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
export const shots = process.env.SHOTS // a folder outside git for pictures of what was seen

/** harness starts a demo of a scenario, played or to be played by hand, and a browser. */
export async function harness(scenario, options) {
  const demo = await startDemo(scenario, options)
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
  const counts = { seen: 0, passed: 0 }
  const visits = new Map() // path of a page -> who was there

  /** desk is a page of somebody who has just come in by a link; who wants the tour says so. */
  async function desk(region, role, { lang = 'zh', width = 1280, person, org, before, tour = false } = {}) {
    const link = demo.link(region, role, { person, org })
    const origin = new URL(link).origin
    const context = await browser.newContext({ viewport: { width, height: width < 500 ? 844 : 860 }, locale: lang === 'zh' ? 'zh-CN' : 'en-GB' })
    const page = await context.newPage()
    const wrong = []
    page.on('framenavigated', (frame) => {
      const path = new URL(frame.url()).pathname
      if (frame === page.mainFrame() && frame.url().startsWith(origin) && !visits.has(path)) visits.set(path, { region, role, person, org })
    })
    page.on('request', (r) => {
      const url = new URL(r.url())
      if (url.origin !== origin && !['data:', 'blob:'].includes(url.protocol)) wrong.push(`a request to ${r.url()}`)
    })
    page.on('pageerror', (e) => wrong.push(`an error: ${e.stack}`))
    page.on('console', (m) => {
      // Refusals that the test asks for; a node without a majority; a connection that the
      // node had let go while the browser rested: pages go on after each.
      const expected = /status of (4|503)|net::ERR_SOCKET_NOT_CONNECTED/.test(m.text())
      if (m.type() === 'error' && !expected) wrong.push(`the console says: ${m.text()}`)
    })
    if (before) await page.addInitScript(before)
    await page.addInitScript(() => document.addEventListener('securitypolicyviolation', (e) => console.error('policy', e.violatedDirective, e.blockedURI, e.sourceFile, e.lineNumber)))
    const answer = await page.goto(link)
    assert.match(answer.headers()['content-security-policy'] ?? '', /(^|; )script-src 'self'(;|$)/, 'scripts that are no files of this host may run')
    await page.waitForSelector('.frame')
    if (lang === 'en') await page.click('.top .lang')
    if (!tour) await page.click('.tour .tour-skip') // everybody is here for the first time, and knows the way
    assert.equal(await page.evaluate(() => document.documentElement.lang), lang === 'zh' ? 'zh-CN' : 'en')
    assert.ok(!page.url().includes('#'), 'the code stays in the address')
    const to = async (path, selector) => {
      await page.goto(origin + '/console' + path)
      await page.waitForSelector(selector)
    }
    // rest leaves the console for a while, wake comes back to the page that was left.
    let left = null
    const rest = async () => {
      left = page.url()
      await page.goto('about:blank')
    }
    const wake = async () => {
      if (!left) return
      await page.goto(left)
      await page.waitForSelector('.frame')
      left = null
    }
    return { page, origin, link, wrong, to, lang, width, rest, wake, close: () => context.close() }
  }

  /** look holds a page against what every page has to be. */
  async function look(d, name) {
    counts.seen++
    await d.page.waitForFunction(() => !document.querySelector('.waiting'))
    if (shots) {
      mkdirSync(shots, { recursive: true })
      await d.page.screenshot({ path: `${shots}/${name}-${d.lang}-${d.width}.png`, fullPage: true })
    }
    const chip = await d.page.locator('.fresh').textContent()
    assert.match(chip, /#\d+ · .+ · /, `${name}: no freshness`)
    await fits(d, name)
  }

  /** fits is what also holds for a page of nobody in particular. */
  async function fits(d, name) {
    const wide = await d.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    assert.ok(wide <= 0, `${name}: ${wide} px wider than the screen of ${d.width}`)
    await d.page.evaluate(axe)
    const found = await d.page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }))
    const words = found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 160) + ' ' + n.failureSummary).join(' | ')}`)
    assert.deepEqual(words, [], `${name} in ${d.lang} at ${d.width}: axe`)
    assert.deepEqual(d.wrong, [], name)
  }

  /** check is one part of a walk, named in what is printed. */
  async function check(name, f) {
    const began = Date.now()
    const out = await f()
    counts.passed++
    console.log(`ok ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`)
    return out
  }

  const stop = async () => {
    await browser.close()
    await demo.stop()
  }
  return { demo, browser, counts, visits, desk, look, fits, check, stop }
}

/** entry is the newest entry that a page tells of. */
export const entry = async (d) => Number(/#(\d+)/.exec(await d.page.locator('.fresh').textContent())[1])
