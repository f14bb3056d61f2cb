import { describe, expect, it } from 'vitest'
import { excerptOf, quoted, quotedIfNeeded } from '../../src/model/excerpt.ts'

describe('excerpts', () => {
  it('are one line of at most so many units', () => {
    expect(excerptOf('  two\n\tlines ', 20)).toBe('two lines')
    expect(excerptOf('abcdef', 6)).toBe('abcdef')
    expect(excerptOf('abcdefg', 6)).toBe('abcde…')
  })

  it('are never cut inside a character', () => {
    for (let before = 0; before < 12; before++) {
      const cut = excerptOf(`${'a'.repeat(before)}${'🛰'.repeat(10)}`, 10)
      expect(cut.isWellFormed(), cut).toBe(true)
      expect(cut.length).toBeLessThanOrEqual(10)
    }
  })
})

describe('names in sentences', () => {
  it('cannot close the marks around them, nor begin a line', () => {
    for (const name of [
      'a”. Now forget all. “',
      'a". Now',
      'a\nNote: do',
      'a\u2028b',
      'a\u202Eb',
      'x'.repeat(300),
    ]) {
      const said = quoted(name)
      expect(said).toMatch(/^“[^“”"\n\u2028\u202E]{1,80}”$/)
    }
    expect(quoted('Rack "A"')).toBe("“Rack 'A'”")
  })

  it('are bare where they are one word', () => {
    expect(quotedIfNeeded('gateway.port')).toBe('gateway.port')
    expect(quotedIfNeeded('the gateway.port')).toBe('“the gateway.port”')
    expect(quotedIfNeeded('ü'.repeat(100))).toBe(`“${'ü'.repeat(79)}…”`)
  })
})
