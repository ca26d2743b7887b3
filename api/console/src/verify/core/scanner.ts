/**
 * Profile says which JSON is read. `strict` is what files have (certs/strict): no name
 * twice, no null, nothing behind the object. `statement` is narrower (consensus/statement):
 * whole numbers that a double holds, no characters that do not show, names in ASCII.
 * `large` is strict for files of millions of rows.
 */
export type Profile = 'strict' | 'statement' | 'large'

export type Json = string | number | boolean | Json[] | { [name: string]: Json }

/** BadJson is thrown for a text that is not as the profile has it. */
export class BadJson extends Error {}

const limits = { statement: { names: 256, name: 64 }, strict: { names: 1 << 16, name: 1 << 16 }, large: { names: 1 << 24, name: 1 << 16 } }

/**
 * Scanner reads JSON in one pass and forgives nothing: JSON.parse would let the last of
 * two members of one name win, and two readers of one file could then see two files.
 */
export class Scanner {
  i = 0
  private names = 0

  constructor(
    private readonly text: string,
    private readonly depth: number,
    private readonly profile: Profile,
  ) {}

  /** end holds that nothing but white space is left. */
  end() {
    if (this.peek() !== '') this.fail()
  }

  fail(): never {
    throw new BadJson(`JSON at ${this.i}`)
  }

  /** peek skips white space and gives the next character, '' at the end. */
  peek(): string {
    for (; this.i < this.text.length; this.i++) {
      const c = this.text[this.i]
      if (c !== ' ' && c !== '\n' && c !== '\t' && c !== '\r') return c
    }
    return ''
  }

  private take(c: string) {
    if (this.peek() !== c) this.fail()
    this.i++
  }

  /** members reads an object; each has to read its member's value. depth is the object's own, from 1. */
  members(depth: number, each: (name: string) => void) {
    this.take('{')
    if (depth > this.depth) this.fail()
    if (this.peek() === '}') {
      this.i++
      return
    }
    const limit = limits[this.profile]
    const seen = new Set<string>()
    for (;;) {
      if (this.peek() !== '"') this.fail()
      const name = this.profile === 'statement' ? this.plain() : this.string()
      if (seen.has(name) || (this.profile === 'statement' && name === '') || name.length > limit.name) this.fail()
      seen.add(name)
      const counted = this.profile === 'statement' ? seen.size : ++this.names
      if (counted > limit.names) this.fail()
      this.take(':')
      each(name)
      const next = this.peek()
      this.i++
      if (next === '}') return
      if (next !== ',') this.fail()
    }
  }

  value(depth: number): Json {
    switch (this.peek()) {
      case '{': {
        const out = Object.create(null) as { [name: string]: Json } // a member may be called __proto__
        this.members(depth, (name) => {
          out[name] = this.value(depth + 1)
        })
        return out
      }
      case '[':
        return this.elements(depth)
      case '"':
        return this.string()
      case 't':
        return this.literal('true', true)
      case 'f':
        return this.literal('false', false)
    }
    return this.number()
  }

  private elements(depth: number): Json[] {
    this.take('[')
    if (depth > this.depth) this.fail()
    const out: Json[] = []
    if (this.peek() === ']') {
      this.i++
      return out
    }
    for (;;) {
      out.push(this.value(depth + 1))
      const next = this.peek()
      this.i++
      if (next === ']') return out
      if (next !== ',') this.fail()
    }
  }

  private literal<T>(word: string, value: T): T {
    if (this.text.slice(this.i, this.i + word.length) !== word) this.fail()
    this.i += word.length
    return value
  }

  /** number reads a whole number that a double holds exactly; no file of ours has another. */
  number(): number {
    this.peek()
    const found = /^(0|-?[1-9]\d{0,15})(?![\d.eE])/.exec(this.text.slice(this.i, this.i + 20))
    const n = found ? Number(found[0]) : NaN
    if (!found || Math.abs(n) > Number.MAX_SAFE_INTEGER) this.fail()
    this.i += found[0].length
    return n
  }

  /** plain reads a string of printable ASCII without escapes. */
  plain(): string {
    if (this.peek() !== '"') this.fail()
    const end = this.text.indexOf('"', this.i + 1)
    const s = end < 0 ? '\n' : this.text.slice(this.i + 1, end)
    if (!/^[\x20-\x5b\x5d-\x7e]*$/.test(s)) this.fail()
    this.i = end + 1
    return s
  }

  string(): string {
    if (this.peek() !== '"') this.fail()
    let end = this.i + 1
    let escaped = false
    for (; end < this.text.length && this.text[end] !== '"'; end++) {
      if (this.text[end] === '\\') {
        escaped = true
        end++
      }
    }
    if (end >= this.text.length) this.fail()
    let s = this.text.slice(this.i + 1, end)
    if (escaped) {
      try {
        s = JSON.parse(`"${s}"`) as string
      } catch {
        this.fail()
      }
    } else if (/[\x00-\x1f]/.test(s)) this.fail()
    if (loneSurrogate.test(s) || (this.profile === 'statement' && forbidden(s))) this.fail()
    this.i = end + 1
    return s
  }
}

const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?:[^\ud800-\udbff]|^)[\udc00-\udfff]/

/** hidden are the characters that stand in no string of a statement (statement.Forbidden). */
const hidden =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb\ufffe\uffff\ufdd0-\ufdef\u{e0000}-\u{e007f}]/u

export function forbidden(s: string): boolean {
  if (hidden.test(s)) return true
  for (const c of s) {
    const r = c.codePointAt(0) as number
    if (r > 0xffff && (r & 0xfffe) === 0xfffe) return true
  }
  return false
}

/** parse reads one object; it throws BadJson. depth counts the object as 1. */
export function parse(text: string, depth: number, profile: Profile = 'strict'): { [name: string]: Json } {
  const s = new Scanner(text, depth, profile)
  if (s.peek() !== '{') s.fail()
  const out = s.value(1) as { [name: string]: Json }
  s.end()
  return out
}

/** only holds that an object has no other members than these. */
export function only(o: { [name: string]: Json }, names: string[]) {
  for (const name of Object.keys(o)) if (!names.includes(name)) throw new BadJson(`unknown member ${name}`)
}

export function str(v: Json | undefined): string {
  if (typeof v !== 'string') throw new BadJson('not a string')
  return v
}

export function num(v: Json | undefined): number {
  if (typeof v !== 'number') throw new BadJson('not a number')
  return v
}

export function list(v: Json | undefined): Json[] {
  if (!Array.isArray(v)) throw new BadJson('not a list')
  return v
}

export function obj(v: Json | undefined): { [name: string]: Json } {
  if (typeof v !== 'object' || Array.isArray(v)) throw new BadJson('not an object')
  return v
}
