// A scenario of node/demo/scenarios, played through the screens: every step by its own
// person, in the words of the page, and every outcome that the scenario states looked
// for on the page. Nothing is skipped: what cannot be done ends the play.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { fill } from './fill.mjs'

const folder = join(dirname(fileURLToPath(import.meta.url)), '../../../node/demo/scenarios')

/** Somebody on a team reads on a telephone. */
const onTheWay = ['lead', 'expert']

/** How long something that a node does by itself may take to show, ms. */
const patience = 30_000

/** Who looks at records and does nothing. */
const watching = 'watcher'

/** So many people who act keep their pages open, besides those who watch; others' pages rest. */
const present = 4

/** read gives a scenario with its repeated steps written out. */
export function read(name) {
  const text = parse(readFileSync(join(folder, `${name}.yaml`), 'utf8'))
  return { ...text, steps: text.steps.flatMap(rowsOf) }
}

function rowsOf({ repeat, ...step }) {
  if (!repeat) return [step]
  const rows = repeat.rows ?? Array.from({ length: repeat.count }, (_, i) => [String(i + 1)])
  const columns = repeat.columns ?? ['i']
  return rows.map((row) => mapText(step, (s) => columns.reduce((t, c, i) => t.replaceAll('${' + c + '}', row[i]), s)))
}

function mapText(v, f) {
  if (typeof v === 'string') return f(v)
  if (Array.isArray(v)) return v.map((x) => mapText(x, f))
  if (v && typeof v === 'object') return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, mapText(x, f)]))
  return v
}

/** play plays a scenario and gives the records by their names in it. */
export async function play(kit, name) {
  const scenario = read(name)
  const { demo, desk, look } = kit
  const people = new Map()
  const acting = new Set() // who has a page open, the one who acted last at the end
  const laws = new Map()
  const records = {}
  const states = {} // what each record's page has to say at the end
  const looked = new Set()
  const counts = { played: 0, refused: 0, prevented: 0, waited: 0, notes: 0, registered: 0 }
  let clock = ''

  /**
   * person is somebody's own browser, in one of the languages. Whoever has not acted for
   * some time has turned to something else, and comes back to the same page: two dozen
   * pages that all follow every entry would take most of the time of the play.
   */
  async function person({ region, org = `${region}-SJ`, role, person: who }) {
    const key = `${org} ${role} ${who}`
    if (!people.has(key)) {
      const lang = people.size % 2 === 0 ? 'zh' : 'en'
      people.set(key, await desk(region, role, { org, person: who, lang, width: onTheWay.includes(role) ? 390 : 1280 }))
    }
    const d = people.get(key)
    if (who === watching) return d
    acting.delete(d)
    acting.add(d)
    if (acting.size > present) {
      const [idle] = acting
      acting.delete(idle)
      await idle.rest()
    }
    await d.wake()
    return d
  }
  const watcher = (id) => person({ region: id.split('-')[1], role: 'clerk', person: watching })

  /** forward moves the days on. The clock runs: on a slow machine it may be past a step's minute already. */
  function forward(to) {
    try {
      demo.clock(to)
    } catch (err) {
      if (!String(err.stderr).includes('clock_backwards')) throw err
    }
  }

  /** api reads what the page could read, with the page's own session. */
  async function api(d, path) {
    const end = Date.now() + patience
    for (;;) {
      const [status, body] = await d.page.evaluate(async (p) => fetch(p).then(async (r) => [r.status, await r.text()]), path)
      if (status === 200) return JSON.parse(body)
      // While a leader is chosen a node says 503, and busy ones 429: both say to come again.
      assert.ok((status === 503 || status === 429) && Date.now() < end, `${path}: ${status} ${body}`)
      await d.page.waitForTimeout(200)
    }
  }
  async function lawOf(d, procedure, version = 0) {
    const key = `${procedure} ${version}`
    if (!laws.has(key)) laws.set(key, (await api(d, `/v1/procedures/${procedure}?version=${version}`)).document)
    return laws.get(key)
  }

  /** valueOf replaces what the scenario names: a record, a field of one, an item of it, a pool. */
  async function valueOf(d, v) {
    if (Array.isArray(v)) return Promise.all(v.map((x) => valueOf(d, x)))
    if (v && typeof v === 'object') {
      const out = {}
      for (const [k, x] of Object.entries(v)) out[k] = await valueOf(d, x)
      return out
    }
    if (typeof v !== 'string' || !v.startsWith('$')) return v
    const [variable, field, item] = v.slice(1).split('.')
    if (variable === 'pool') return frozen(poolFiles(field)).pool_hash
    const id = records[variable]
    assert.ok(id, `no record is known as ${variable}`)
    if (!field) return id
    const value = (await api(d, `/v1/records/${id}`)).fields[field]
    return item === undefined ? value : value[Number(item)]
  }

  /** poolFiles are the files of a pool; one of records of the play is made of them. */
  function poolFiles(pool) {
    const file = (ending) => join(demo.dir, 'files', `${pool}.${ending}`)
    const list = scenario.pools[pool].list
    if (list) {
      const rows = list.map((c) => [c.stratum, records[c.id.slice(1)], c.excluded ?? ''].join(','))
      writeFileSync(file('csv'), ['stratum,id,excluded', ...rows].join('\n') + '\n')
      demo.run('draw', 'pool', file('csv'), '-f', file('pool'), '--force')
    }
    return { pool: file('pool'), rule: file('rule') }
  }

  /** seen looks a kind of page over the first time that it shows in a language. */
  async function seen(d, kind) {
    const key = `${kind} ${d.lang} ${d.width}`
    if (!looked.has(key)) {
      looked.add(key)
      await look(d, `${name}-${kind}`)
    }
    assert.deepEqual(d.wrong, [], kind)
  }

  /** find opens a record: from the desk if it stands there, else by a search. */
  async function find(d, id) {
    const heading = d.page.locator('.record-head .id')
    if ((await heading.count()) && (await heading.textContent()).trim() === id) return
    const onDesk = d.page.locator(`.records a[href$="/${id}"]`).first()
    if (await onDesk.count()) {
      await onDesk.click()
    } else {
      await d.page.fill('.search input', id)
      await d.page.press('.search input', 'Enter')
    }
    await d.page.waitForFunction((want) => document.querySelector('.record-head .id')?.textContent?.trim() === want, id)
  }

  /**
   * send submits the form that is open and gives the node's answer, or what the form
   * itself finds wrong. Where the page says that there is no majority just now, or that
   * the record has moved on (a node's own act may come between), the person does what
   * it says and submits again.
   */
  async function send(d) {
    const end = Date.now() + patience
    for (;;) {
      const answered = d.page.waitForResponse((r) => r.request().method() === 'POST' && r.url().includes('/v1/records'), { timeout: patience }).catch(() => null)
      await d.page.click('.act button[type=submit]')
      const first = await Promise.race([answered, d.page.waitForSelector('.wrongs li', { timeout: patience }).then(() => 'form', () => null)])
      if (first === 'form') return { form: await d.page.locator('.wrongs').textContent() }
      if (Date.now() > end || ![412, 503].includes(first?.status())) return { answer: first }
      if (first.status() === 412) {
        const again = d.page.waitForResponse((r) => r.request().method() === 'GET' && r.url().includes('/v1/records/'), { timeout: patience })
        await d.page.click('.act .ant-alert-error button')
        await again
      }
      await d.page.waitForSelector('.fresh:not(.fresh-bad)', { timeout: patience })
    }
  }

  async function open(step, d) {
    await d.page.click('nav a[href$="/console/"], nav a[href$="/console"]')
    const start = d.page.locator(`.starts a[href$="/open/${step.open}"]`)
    await start.waitFor()
    await seen(d, 'desk')
    await start.click()
    await d.page.waitForSelector('.act')
    await fill(d.page, await valueOf(d, step.fields ?? {}), step.materials)
    await seen(d, `open-${step.open}`)
    if (step.refused) return refusedForm(step, d)
    const { answer, form } = await send(d)
    assert.ok(answer, `the form says: ${form}`)
    assert.ok(answer.ok(), `refused: ${await answer.text()}`)
    await d.page.waitForSelector('.record-head .id')
    const id = (await d.page.locator('.record-head .id').textContent()).trim()
    records[step.as] = id
    await seen(d, `record-${step.open}`)
    return id
  }

  async function act(step, d) {
    const id = records[step.record.slice(1)]
    await find(d, id)
    const record = await api(d, `/v1/records/${id}`)
    const place = d.page.locator(`#step-${step.act}`)
    if (step.refused && (await prevented(step, d, record, place))) return id
    await place.locator('.step-head button').click()
    await place.locator('.act').waitFor()
    const fields = await valueOf(d, step.fields ?? {})
    if (step.pool) await bringIn(step, d, fields)
    await fill(d.page, fields, step.materials)
    await seen(d, `step-${record.procedure}`)
    if (step.refused) {
      await refusedForm(step, d)
      await place.locator('.step-head button').click() // the step is put away again
      return id
    }
    const { answer, form } = await send(d)
    assert.ok(answer, `the form says: ${form}`)
    assert.ok(answer.ok(), `refused: ${await answer.text()}`)
    await d.page.waitForSelector('.ant-alert-success')
    return id
  }

  /** bringIn brings pool and rule of a draw in, unless the step keeps them back, and gives the form what they freeze. */
  async function bringIn(step, d, fields) {
    const files = poolFiles(step.pool)
    if (!step.unseen) for (const file of [files.pool, files.rule]) tool(step.actor, d, 'draw', 'put', file)
    for (const [k, v] of Object.entries(frozen(files))) fields[k] ??= v
  }

  /** tool runs the command line in somebody's name. */
  const tool = ({ region, role }, d, ...args) => demo.run(...args, '--addr', d.origin, '--token', demo.run('token', 'issue', '--dir', demo.dir, '--region', region, '--role', role, '--scope', role === 'operator' ? 'records:read node:operate' : 'records:read records:write'))

  /** registerDrawKey does what a bureau's own people do where its governance key lies, and hands it to the node. */
  async function registerDrawKey(region, at) {
    const [home, file] = [join(demo.dir, region), join(demo.dir, 'files', `draw-key-${region}.json`)]
    demo.run('key', 'add', '--region', region, '--key', join(home, 'offline/governance.pem'), '--genesis', join(demo.dir, 'genesis.json'), '--new', join(home, 'keys/draw.pem'), '--active', '--at', at, '-f', file)
    tool({ region, role: 'operator' }, await watcher(`-${region}-`), 'gov', 'submit', file)
  }

  /**
   * prevented reports whether the page itself stands against a step that has to be
   * refused: no button, and the reason beside it.
   */
  async function prevented(step, d, record, place) {
    await d.page.waitForSelector('.steps, .panel .quiet')
    const option = (record.options ?? []).find((o) => o.event === step.act)
    if (!option) {
      assert.equal(await place.count(), 0, `${step.act} is offered on the page and not by the node`)
      assert.equal(step.refused.code, 'wrong_state', `${step.act} isn't on the page`)
      counts.prevented++
      return true
    }
    await place.waitFor()
    if (await place.locator('.step-head button').count()) return false
    const why = await place.locator('.why').textContent()
    if (option.blocked) {
      assert.equal(option.blocked.code, step.refused.code)
      assert.ok(why.includes(option.blocked[d.lang]), `the reason isn't on the page: ${why}`)
      assert.ok(why.includes(step.refused.cite ?? ''), `the article isn't on the page: ${why}`)
    } else {
      assert.ok(['not_party', 'wrong_role', 'four_eyes'].includes(step.refused.code), `${step.act}: no button, and no ${step.refused.code}: ${why}`)
      assert.match(why, /由 .+ 办理|For .+|自动|by itself/, `whose it is isn't on the page: ${why}`)
    }
    await seen(d, 'prevented')
    counts.prevented++
    return true
  }

  /** refusedForm submits what has to be refused, and looks for the reason on the page. */
  async function refusedForm(step, d) {
    const { answer, form } = await send(d)
    if (form !== undefined) {
      assert.equal(step.refused.code, 'validation_failed', `the form itself says: ${form}`)
      counts.prevented++
      await seen(d, 'form-wrong')
      return
    }
    const problem = await answer.json()
    assert.equal(problem.code, step.refused.code, `refused with ${problem.code} (${problem.title})`)
    assert.equal(answer.status(), step.refused.status ?? answer.status())
    const alert = d.page.locator('.act-top [role=alert]').first()
    await alert.waitFor()
    const said = await alert.textContent()
    assert.ok(said.includes(step.refused.cite ?? ''), `the article isn't on the page: ${said}`)
    assert.ok(said.length > (problem.title ?? '').length, `the page doesn't say what to do: ${said}`)
    await seen(d, `refused-${step.refused.code}`)
    counts.refused++
  }

  /** stands looks for what a step has to have brought on the record's page, which changes by itself. */
  async function stands(step, d, id) {
    const record = await api(d, `/v1/records/${id}`)
    const law = await lawOf(d, record.procedure, record.version)
    const { state, deadline, deadlines = [], missing } = step.expect ?? {}
    if (state) {
      const want = law.states.find((s) => s.name === state)[d.lang]
      await d.page.waitForFunction((w) => document.querySelector('.record-head .state')?.textContent?.trim() === w, want, { timeout: patience }).catch(async () => {
        assert.fail(`the page says ${await d.page.locator('.record-head .state').textContent()}, not ${want}`)
      })
      states[id] = state
    }
    for (const limit of deadline ? [deadline, ...deadlines] : deadlines) {
      const title = law.deadlines.find((l) => l.name === limit.name).title[d.lang]
      const words = [limit.due, limit.verdict && verdicts[limit.verdict][d.lang]].filter(Boolean)
      await d.page
        .waitForFunction(
          ([t, ws]) => [...document.querySelectorAll('.limits > li')].some((li) => li.querySelector('b')?.textContent === t && ws.every((w) => li.textContent.includes(w))),
          [title, words],
          { timeout: patience },
        )
        .catch(async () => assert.fail(`no limit ${title} with ${words} among: ${await d.page.locator('.limits').textContent()}`))
    }
    if (missing) {
      const draw = await api(d, `/v1/draws/${id}`)
      assert.deepEqual(draw.missing ?? [], missing, 'who has not contributed')
    }
  }

  for (const step of scenario.steps) {
    const begun = Date.now()
    try {
      if (step.at !== clock) forward((clock = step.at))
      if (step.note) {
        counts.notes++
      } else if (step.register_draw_key) {
        await registerDrawKey(step.actor.region, step.at)
        counts.registered++
      } else if (step.wait) {
        const id = records[step.wait.record.slice(1)]
        const d = await watcher(id)
        await find(d, id)
        await stands({ expect: { ...step.expect, state: step.wait.state } }, d, id)
        counts.waited++
      } else {
        const actor = step.actor.of ? await drawn(step.actor) : step.actor
        const d = await person(actor)
        const id = step.open ? await open(step, d) : await act(step, d)
        if (!step.refused) {
          await stands(step, d, id)
          counts.played++
        }
      }
      if (process.env.TELL) console.log(`   ${step.n} ${step.zh} (${((Date.now() - begun) / 1000).toFixed(1)} s)`)
    } catch (err) {
      err.message = `step ${step.n} (${step.en}): ${err.message}`
      throw err
    }
  }

  /** drawn is somebody of the home region of a record that was drawn. */
  async function drawn({ of, ...actor }) {
    const id = await valueOf(await watcher('-110000-'), of)
    return { ...actor, region: id.split('-')[1] }
  }

  const kinds = (f) => scenario.steps.filter(f).length
  assert.deepEqual(
    { played: counts.played, refused: counts.refused + counts.prevented, waited: counts.waited, notes: counts.notes, registered: counts.registered },
    {
      played: kinds((s) => (s.open || s.act) && !s.refused),
      refused: kinds((s) => s.refused),
      waited: kinds((s) => s.wait),
      notes: kinds((s) => s.note),
      registered: kinds((s) => s.register_draw_key),
    },
    'steps were left out',
  )
  await end()
  return { scenario, records, counts, person }

  /** end has everybody look at what came of it: each region at each record that it is a party to, administrators at their nodes, an auditor at the ledger. */
  async function end() {
    for (const [id, state] of Object.entries(states)) {
      const home = await watcher(id)
      const record = await api(home, `/v1/records/${id}`)
      const law = await lawOf(home, record.procedure, record.version)
      for (const region of new Set(Object.values(record.parties).map((p) => p.region))) {
        const d = await watcher(`-${region}-`)
        await find(d, id)
        await d.page.waitForFunction((w) => document.querySelector('.record-head .state')?.textContent?.trim() === w, law.states.find((s) => s.name === state)[d.lang], { timeout: patience })
      }
    }
    const regions = (await api(await watcher('-110000-'), '/v1/status')).regions.map((r) => r.code)
    const nodes = []
    for (const region of regions) {
      const d = await person({ region, role: 'operator', person: 'node-1' })
      await d.page.waitForSelector('.nodes li')
      await seen(d, 'nodes')
      nodes.push(d)
    }
    // All nodes hold the same: root and state digest, as their pages say.
    let said = []
    for (const began = Date.now(); ; await nodes[0].page.waitForTimeout(200)) {
      said = await Promise.all(nodes.map((d) => d.page.locator('.fields code.digest').allTextContents()))
      if (said.every((s) => s.length >= 2 && s.join() === said[0].join())) break
      assert.ok(Date.now() - began < patience, `the nodes' pages differ: ${JSON.stringify(said)}`)
    }
    const auditor = await person({ region: regions[0], role: 'auditor', person: 'auditor-1' })
    await auditor.page.click('nav a[href$="/audit"]')
    await auditor.page.waitForSelector('.entries li')
    await seen(auditor, 'audit')
    for (const d of people.values()) assert.deepEqual(d.wrong, [])
  }
}

/** What the page calls the standing of a limit (src/record/words.ts); of one that runs it gives the date. */
const verdicts = {
  open: { zh: '到期', en: 'due' },
  overdue: { zh: '逾期', en: 'overdue' },
  met: { zh: '按期', en: 'met' },
  late: { zh: '迟延', en: 'late' },
}

/** frozen is what a draw's record says of its pool and its rule. */
function frozen({ pool, rule }) {
  const digest = (file) => createHash('sha256').update(readFileSync(file)).digest('hex')
  const lines = (file) => readFileSync(file, 'utf8').trim().split('\n').slice(1).map((line) => line.split(' '))
  const candidates = lines(pool)
  const [, [, version], ...quotas] = lines(rule)
  const exclusions = candidates.filter((c) => c[2]).map(([, item, reason]) => ({ item, reason }))
  return {
    pool_hash: digest(pool), pool_count: candidates.length, rule_hash: digest(rule), exclusion_rule_version: version,
    strata: quotas.map(([key, , n]) => ({ key, n: Number(n) })),
    quota: quotas.reduce((sum, q) => sum + Number(q[2]), 0),
    ...(exclusions.length > 0 ? { exclusions } : {}),
  }
}
