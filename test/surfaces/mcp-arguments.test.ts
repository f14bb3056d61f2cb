import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Agent, idIn, startAgent } from './mcp-agent.ts'

let agent: Agent
beforeAll(async () => {
  agent = await startAgent(['--store', 'memory:'])
})
afterAll(() => agent[Symbol.asyncDispose]())

const get = async (said: string) => agent.say('get', { id: idIn(said) })

describe('arguments as models send them', () => {
  test.each(['content', 'text', 'memory', 'fact', 'note', 'message'])(
    'the text of a memory as %s',
    async name => {
      const text = `The ${name} of tea is green`
      expect(await get(await agent.say('remember', { [name]: text }))).toMatch(`>\n${text}\n<`)
    },
  )

  test.each(['query', 'q', 'question', 'search', 'searchQuery'])('the question as %s', async name => {
    await agent.say('remember', { content: 'Rollbacks take four minutes' })
    expect(await agent.say('recall', { [name]: 'how long do rollbacks take' })).toMatch('four minutes')
  })

  test.each(['id', 'memory_id', 'memoryId', 'uuid', 'ID'])('an id as %s', async name => {
    const id = idIn(await agent.say('remember', { content: 'Ids are time-ordered' }))
    expect(await agent.say('get', { [name]: id })).toMatch('Ids are time-ordered')
  })

  test.each([[['red', 'Blue']], ['red, blue'], ['["red","blue"]']])('tags as %j', async tags => {
    const said = await agent.say('remember', { content: `Tags as ${JSON.stringify(tags)}`, tags })
    expect(await get(said)).toMatch('tags="red, blue"')
  })

  test('one tag, as tag', async () => {
    expect(await get(await agent.say('remember', { content: 'One tag', tag: 'solo' }))).toMatch('tags=solo')
  })

  test.each(['limit', 'n', 'k', 'top_k', 'topK', 'max_results', 'count'])(
    'how many as %s, a string',
    async name => {
      for (const day of ['Monday', 'Tuesday', 'Friday'])
        await agent.say('remember', { content: `Standup is on ${day}` })
      const said = await agent.say('recall', { query: 'standup', [name]: '2' })
      expect(said).toMatch(/^2 found/)
      expect(said).not.toMatch('Note:')
    },
  )

  test('numbers, flags and objects as strings', async () => {
    const said = await agent.say('remember', {
      content: 'Latency is fine',
      confidence: '0.75',
      third_party: 'False',
      metadata: '{"ticket": 12}',
      slot: '{"subject":"api","attribute":"latency","value":"fine"}',
      title: 42,
    })
    const shown = await get(said)
    expect(shown).toMatch('confidence=0.75')
    expect(shown).toMatch('"ticket":12')
    expect(shown).toMatch('"attribute":"latency"')
    expect(shown).toMatch('title=42')
    expect(shown).not.toMatch('untrusted')
  })

  test('a kind in any case, tags with a hash or with nothing between commas, any state, too many results', async () => {
    const said = await agent.say('remember', {
      content: 'Releases leave on Thursday',
      kind: 'Decision',
      tags: ['Release', '#team', ''],
    })
    const shown = await get(said)
    expect(shown).toMatch('kind=decision')
    expect(shown).toMatch('tags="release, team"')
    const query = { query: 'releases', kind: 'DECISION', status: 'all', limit: 500 }
    expect(await agent.say('recall', query)).toMatch(/^1 found/)
  })

  test('choices in any case', async () => {
    expect(await agent.say('recall', { query: 'latency', trust: 'INFERRED', status: 'Active' })).toMatch(
      /found/,
    )
  })

  test('null and nothing as if they were absent; nothing is told of', async () => {
    const said = await agent.say('remember', {
      content: 'Nulls are fine',
      project: null,
      tags: null,
      kind: '',
      title: '',
    })
    expect(said).toMatch(/^Remembered/)
    expect(said).toMatch('Empty, so taken as not given: "kind", "title".')
  })

  test('a path for what is ingested, under any of its names', async () => {
    for (const name of ['paths', 'path', 'dir', 'folder', 'file']) {
      const { text, isError } = await agent.call('admin', {
        operation: 'ingest',
        arguments: { [name]: '/no/such/place' },
      })
      expect(isError || text.includes('SOURCE_UNREADABLE'), `${name}: ${text}`).toBe(true)
      expect(text).toMatch('/no/such/place')
    }
  })

  test('what it does not know is used for nothing, and told of', async () => {
    const said = await agent.say('recall', { query: 'tea', importance: 5, min_score: 0.5 })
    expect(said).toMatch(/Note: Arguments not used: "importance", "min_score" \(known: query, /)
    const status = await agent.say('status', { verbose: true })
    expect(status).toMatch('Arguments not used: "verbose" (none are taken).')
  })

  test('an alias never takes the place of an argument that is there', async () => {
    const said = await agent.say('remember', { text: 'ignored', content: 'Own names win' })
    expect(await get(said)).toMatch('>\nOwn names win\n')
    expect(said).toMatch('Arguments not used: "text"')
  })

  test('names that every object has are arguments like others', async () => {
    const said = await agent.say('recall', {
      query: 'tea',
      constructor: 'x',
      toString: 'y',
      hasOwnProperty: 'z',
    })
    expect(said).toMatch('"constructor", "toString", "hasOwnProperty"')
  })

  test('values that cannot be read are refused by name', async () => {
    const { text, isError } = await agent.call('recall', { query: 'tea', limit: 'many' })
    expect(isError).toBe(true)
    expect(text).toMatch(/^INVALID_INPUT: recall: limit: /)
    expect(text).toMatch(/\nNext: /)
  })

  test('the one that is required is asked for', async () => {
    const { text, isError } = await agent.call('remember', { tags: 'a' })
    expect(isError).toBe(true)
    expect(text).toMatch(/^INVALID_INPUT: remember: content: /)
  })
})
