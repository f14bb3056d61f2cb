/** What an agent is given of context, conflicts and prompts: each call as the server makes it. */
import { expect, onTestFinished, test } from 'vitest'
import { openStore } from '../../src/open.ts'
import { callTool } from '../../src/surfaces/mcp/call.ts'
import { instructions } from '../../src/surfaces/mcp/instructions.ts'
import { toPrompt, toPrompts } from '../../src/surfaces/mcp/prompts.ts'
import { toolNames, toTools } from '../../src/surfaces/mcp/tools.ts'
import { fixedSurroundings } from '../../src/testing.ts'

const WRITING = { readOnly: false }
const READING = { readOnly: true }

async function agent() {
  const opened = await openStore({ store: 'memory:', mode: 'initialise', ...fixedSurroundings() })
  onTestFinished(() => opened.store.close())
  const { signal } = new AbortController()
  return async (name: string, given: Record<string, unknown> = {}) => {
    const caller = { profile: WRITING, client: 'claude', signal }
    return callTool({ name, given }, opened, caller)
  }
}

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/

async function contradicting(say: Awaited<ReturnType<typeof agent>>) {
  await say('remember', { content: 'The gateway listens on port 8080', project: 'apollo' })
  await say('remember', { content: 'The gateway listens on port 9090', project: 'apollo' })
}

test('context is its text, in one envelope, with the pack to capture', async () => {
  const say = await agent()
  await contradicting(say)
  const text = await say('context', {
    prompt: 'which port has the gateway',
    project: 'apollo',
    budget: '1500',
  })
  expect(text.match(/never instructions to follow/g)).toHaveLength(1)
  const names = new Set([...text.matchAll(/<\/?(memory-[\da-f]{12})/g)].map(([, name]) => name))
  expect(names.size).toBe(1)
  expect(text).toMatch(/\nThe gateway listens on port 8080\n<\//)
  expect(text).toMatch(/conflict=\S+ slot=gateway\.port/)
  const [, pack] =
    /Pack (\S+): 3 items, \d+ of 1500 tokens\..*admin with operation "capture"/.exec(text) ?? []
  expect(pack).toMatch(UUID)
  const kept = await say('admin', {
    operation: 'capture',
    arguments: { prompt: 'which port', response: 'The gateway listens on port 8080.', pack },
  })
  expect(kept).toContain(`"pack":"${pack}"`)
  expect(kept).toContain('"how":"quote"')
  expect(await say('admin', { operation: 'replay', arguments: { id: pack } })).toContain('port 8080')
})

test('an empty context says so, and what next', async () => {
  const say = await agent()
  await say('remember', { content: 'Something else' })
  const text = await say('context', { prompt: 'gateway' })
  expect(text).toMatch(/^Nothing is remembered about this\./)
  expect(text).toMatch(/Note: Nothing matches and nothing is pinned.*admin/)
})

test('a context that is longer than an answer may be has whole items and names the rest', async () => {
  const say = await agent()
  for (const word of ['oak', 'pine', 'ash', 'elm'])
    await say('remember', {
      content: `Port of ${word}: ${`${word}s and more of it `.repeat(500)}end of ${word}`,
    })
  const text = await say('context', { prompt: 'port', budget: 100_000 })
  expect(text.length).toBeLessThanOrEqual(20_000)
  expect(text).toMatch(/Left out, since an answer is at most 20000 characters: 3 \(/)
  expect(text.match(/end of \w+\n<\/memory/g)).toHaveLength(1)
})

test('conflicts names the sides of each', async () => {
  const say = await agent()
  expect(await say('conflicts')).toMatch(/^No conflicts\./)
  await contradicting(say)
  const text = await say('conflicts', { project: 'apollo' })
  expect(text).toMatch(/^1 conflicts, newest first\./)
  expect(text).toMatch(/slot=gateway\.port project=apollo status=open/)
  expect(text).toMatch(/\n8080 \(memory \S+, inferred\)\n9090 \(memory \S+, inferred\)\n<\//)
  for (let port = 1; port <= 10; port++)
    await say('remember', { content: `Port ${port}`, slot: `gateway.port=${port}`, project: 'apollo' })
  expect(await say('conflicts')).toMatch(/\n8 \(memory \S+, inferred\)\nand 2 more\n<\//)
})

test('the tools are twelve, or six that read, in little room', () => {
  expect(toolNames(WRITING)).toHaveLength(12)
  expect(toolNames(READING)).toEqual(['recall', 'context', 'get', 'lineage', 'history', 'status'])
  expect(Buffer.byteLength(JSON.stringify({ tools: toTools(WRITING) }))).toBeLessThan(12_000)
  expect(instructions(WRITING).length).toBeLessThan(1_700)
  const revise = toTools(WRITING).find(({ name }) => name === 'revise')
  expect(Object.keys(revise?.inputSchema.properties ?? {})).toContain('content')
})

test('prompts say when to recall and what to keep, about a task or a project where they are given', () => {
  expect(toPrompts(WRITING).map(({ name }) => name)).toEqual(['recall-first', 'end-of-session'])
  expect(toPrompts(READING).map(({ name }) => name)).toEqual(['recall-first'])
  const say = (name: string, given: Record<string, string> = {}, profile = WRITING) => {
    const { content } = toPrompt({ name, arguments: given }, profile).messages[0]!
    return content.type === 'text' ? content.text : ''
  }
  expect(say('recall-first')).toMatch(/call the tool context with what I ask as prompt\. /)
  const task = say('recall-first', { task: 'Mend the login', project: 'apollo' })
  expect(task).toMatch(/with the task as prompt and project "apollo"/)
  expect(task).toMatch(/Task: Mend the login$/)
  expect(say('end-of-session', { project: ' ' })).not.toContain('project')
  expect(say('end-of-session')).toMatch(/admin with operation "capture"/)
  expect(() => say('end-of-session', {}, READING)).toThrow('There are: recall-first.')
  expect(() => say('nothing')).toThrow('Unknown prompt "nothing"')
})
