/** What spaces are called. */
import { expect, it } from 'vitest'
import { SPACE_NAME, spaceName } from '../../src/model/space.ts'

it('a space is named after its model, by a name that it may have', () => {
  const names: readonly [string, string][] = [
    ['Xenova/all-MiniLM-L6-v2', 'all-minilm-l6-v2'],
    ['nomic embed: text', 'nomic-embed-text'],
    ['__odd', 'odd'],
    ['東京', 'space'],
    // That word means no space wherever one is named.
    ['none', 'space'],
    ['x'.repeat(80), 'x'.repeat(64)],
  ]
  for (const [model, name] of names) {
    expect(spaceName({ model })).toBe(name)
    expect(name).toMatch(SPACE_NAME)
  }
})
