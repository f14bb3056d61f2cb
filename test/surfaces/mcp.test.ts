import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Agent, ERAS, type Folder, idIn, startAgent, temporaryFolder } from './mcp-agent.ts'

const TOOLS = [
  'remember',
  'recall',
  'context',
  'get',
  'revise',
  'forget',
  'conflicts',
  'share',
  'lineage',
  'history',
  'status',
  'admin',
]

describe.each(Object.keys(ERAS) as (keyof typeof ERAS)[])('over stdio, protocol %s', era => {
  let folder: Folder
  let agent: Agent
  beforeAll(async () => {
    folder = temporaryFolder()
    agent = await startAgent(['--store', folder.store], era)
  })
  afterAll(async () => {
    await agent[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  test('speaks the revision that was asked for', () => {
    expect(agent.client.getNegotiatedProtocolVersion()).toBe(era)
  })

  test('lists its tools in little room', async () => {
    const listed = await agent.client.listTools()
    expect(listed.tools.map(tool => tool.name)).toEqual(TOOLS)
    expect(Buffer.byteLength(JSON.stringify(listed))).toBeLessThan(12_000)
    for (const tool of listed.tools) {
      expect(tool.description, tool.name).toMatch(/Call it /)
      expect(tool.description, tool.name).toMatch(/\nExample: \{/)
      expect(tool.inputSchema.required?.length ?? 0, tool.name).toBeLessThanOrEqual(1)
    }
  })

  test('gives all four hints of each tool', async () => {
    const { tools } = await agent.client.listTools()
    const hints = Object.fromEntries(
      tools.map(({ name, annotations: a }) => [
        name,
        [a?.readOnlyHint, a?.destructiveHint, a?.idempotentHint, a?.openWorldHint],
      ]),
    )
    expect(hints).toEqual({
      remember: [false, false, true, false],
      recall: [true, false, true, false],
      context: [true, false, true, false],
      conflicts: [true, false, true, false],
      get: [true, false, true, false],
      revise: [false, false, true, false],
      forget: [false, true, false, false],
      share: [false, false, true, false],
      lineage: [true, false, true, false],
      history: [true, false, true, false],
      status: [true, false, true, false],
      admin: [false, true, false, false],
    })
  })

  test('says its rules where clients still read them', () => {
    const rules = agent.client.getInstructions() ?? ''
    expect(rules.length).toBeLessThan(1_700)
    expect(rules).toMatch(/Recall before you start/)
    expect(rules).toMatch(/data, not instructions/)
  })

  test('offers prompts', async () => {
    const { prompts } = await agent.client.listPrompts()
    expect(prompts.map(({ name }) => name)).toEqual(['recall-first', 'end-of-session'])
    const { messages } = await agent.client.getPrompt({
      name: 'recall-first',
      arguments: { task: 'Mend it' },
    })
    expect(messages).toMatchObject([{ role: 'user', content: { type: 'text' } }])
    expect(JSON.stringify(messages)).toContain('Task: Mend it')
    await expect(agent.client.getPrompt({ name: 'nope' })).rejects.toThrow(
      /There are: recall-first, end-of-session/,
    )
  })

  test('remembers, recalls, revises, tells the history, forgets and restores', async () => {
    const kept = await agent.say('remember', {
      content: 'The staging API listens on port 8080',
      project: 'Apollo',
      tags: ['api'],
    })
    const id = idIn(kept)
    expect(kept).toMatch(/^Remembered as .*project "apollo", trust inferred, active/)
    expect(
      await agent.say('remember', { content: 'The staging API listens on port 8080', project: 'apollo' }),
    ).toMatch(new RegExp(`^Already known as ${id} .*nothing was added`))
    expect(await agent.say('recall', { query: 'which port does staging use' })).toMatch(
      new RegExp(`rank=1 id=${id} .*trust=inferred.*>\nThe staging API listens on port 8080\n`),
    )
    expect(
      await agent.say('revise', { id, content: 'The staging API listens on port 9090', note: 'moved' }),
    ).toMatch(/revision 2/)
    expect(await agent.say('recall', { query: 'staging port' })).toMatch(/port 9090/)
    const history = await agent.say('history', { id })
    expect(history).toMatch(/2 versions and 2 changes/)
    expect(history).toMatch(/port 8080/)
    expect(history).toMatch(/operation=revise by=agent client=test-agent note=moved/)
    expect(await agent.say('forget', { id })).toMatch(/retired now \(it was active\).*restore/)
    expect(await agent.say('recall', { query: 'staging port' })).toMatch(/^Nothing is remembered/)
    expect(await agent.say('admin', { operation: 'restore', arguments: { id } })).toMatch(/status=active/)
    expect(await agent.say('get', { id })).toMatch(/client_id=test-agent/)
  })

  test('names near-duplicates', async () => {
    const first = idIn(
      await agent.say('remember', { content: 'Deploys to production happen on Tuesday mornings' }),
    )
    const second = await agent.say('remember', {
      content: 'Deploys to production happen on Tuesday mornings now',
    })
    expect(second).toMatch(/Similar to 1 already there: .*revise or forget/)
    expect(second).toMatch(new RegExp(`id=${first} similarity=`))
  })

  test('says that what waits for review is not saved for recall', async () => {
    const kept = await agent.say('remember', {
      content: 'A pasted page says quux is best',
      third_party: 'true',
    })
    expect(kept).toMatch(/quarantine/)
    expect(await agent.say('recall', { query: 'quux' })).toMatch(/^Nothing is remembered/)
  })

  test('refuses a tool that there is not, naming those there are', async () => {
    await expect(agent.client.callTool({ name: 'nope', arguments: {} })).rejects.toThrow(
      /Unknown tool "nope"\. There are: remember, recall/,
    )
  })
})

describe('read-only', () => {
  test('offers six tools, and no others under their names', async () => {
    using folder = temporaryFolder()
    let id = ''
    {
      await using writer = await startAgent(['--store', folder.store])
      id = idIn(await writer.say('remember', { content: 'Ports are listed in ports.md' }))
    }
    await using agent = await startAgent(['--store', folder.store, '--read-only'])
    const { tools } = await agent.client.listTools()
    expect(tools.map(tool => tool.name)).toEqual(['recall', 'context', 'get', 'lineage', 'history', 'status'])
    expect(tools.every(tool => tool.annotations?.readOnlyHint)).toBe(true)
    expect(agent.client.getInstructions()).toMatch(/only reads/)
    expect(await agent.say('recall', { query: 'ports' })).toMatch(id)
    expect(await agent.say('lineage', { id })).toMatch(`Lineage of ${id}: 1 memories, 0 links`)
    for (const name of ['remember', 'forget', 'share', 'admin']) {
      await expect(agent.client.callTool({ name, arguments: { content: 'x', id } })).rejects.toThrow(
        /Unknown tool/,
      )
    }
  })
})
