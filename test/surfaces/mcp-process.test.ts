import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openHeirloom } from '../../src/index.ts'
import { LAUNCHER, NODE, startAgent, temporaryFolder } from './mcp-agent.ts'

interface Ended {
  readonly code: number | null
  readonly answers: readonly {
    jsonrpc: string
    id?: number
    result?: Record<string, unknown>
    error?: unknown
  }[]
  readonly stderr: string
}

const HELLO = {
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
}
const call = (name: string, args: object) => ({ method: 'tools/call', params: { name, arguments: args } })

/** A server that is sent these lines and then the end of its input. Each line of stdout must be protocol. */
async function speak(
  args: readonly string[],
  requests: readonly object[],
  signal?: NodeJS.Signals,
): Promise<Ended> {
  const child = spawn(NODE, [LAUNCHER, 'mcp', ...args])
  let stdout = ''
  let stderr = ''
  child.stderr.on('data', chunk => (stderr += String(chunk)))
  const answered = new Promise<void>(resolve => {
    child.stdout.on('data', chunk => {
      stdout += String(chunk)
      if (stdout.split('\n').length > requests.length) resolve()
    })
  })
  const closed = once(child, 'close')
  child.stdin.write(
    requests.map((request, id) => `${JSON.stringify({ jsonrpc: '2.0', id, ...request })}\n`).join(''),
  )
  if (signal === undefined) child.stdin.end()
  else {
    await answered
    child.kill(signal)
  }
  const [code] = await closed
  const lines = stdout.split('\n').filter(line => line !== '')
  return { code, answers: lines.map(line => JSON.parse(line)), stderr }
}

test('stdout carries protocol alone, and the end of input ends the process when all is answered', async () => {
  using folder = temporaryFolder()
  const { code, answers, stderr } = await speak(
    ['--store', folder.store],
    [
      HELLO,
      { method: 'tools/list' },
      call('remember', { content: 'Said in haste, kept all the same' }),
      call('recall', { query: 'haste' }),
      call('get', { id: 'wrong' }),
      call('admin', { operation: 'doctor' }),
      { method: 'no/such/method' },
    ],
  )
  expect(code).toBe(0)
  expect(answers.map(answer => answer.jsonrpc)).toEqual(Array(7).fill('2.0'))
  expect(answers.map(answer => answer.id).toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect(answers.find(answer => answer.id === 6)?.error).toMatchObject({ code: -32601 })
  const logged = stderr
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(logged).toContainEqual(
    expect.objectContaining({ msg: 'store opened', store: folder.store, memories: 1 }),
  )
  expect(stderr).not.toMatch(/haste/)
})

test('what was used is counted when the client goes', async () => {
  using folder = temporaryFolder()
  const first = await startAgent(['--store', folder.store])
  const id = /[0-9a-f-]{36}/.exec(await first.say('remember', { content: 'Used once' }))?.[0]
  await first.say('get', { id })
  await first[Symbol.asyncDispose]()
  await using heirloom = await openHeirloom({ store: folder.store })
  expect(await heirloom.get({ id: id ?? '' })).toMatchObject({ content: 'Used once', reference_count: 1 })
})

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it in order', async signal => {
  using folder = temporaryFolder()
  const { code } = await speak(
    ['--store', folder.store],
    [HELLO, call('remember', { content: 'Kept' })],
    signal,
  )
  expect(code).toBe(0)
})

test('lines that are no protocol do not end it, and are not answered on stdout as anything else', async () => {
  const child = spawn(NODE, [LAUNCHER, 'mcp', '--store', 'memory:'])
  let stdout = ''
  child.stdout.on('data', chunk => (stdout += String(chunk)))
  const closed = once(child, 'close')
  child.stdin.end(
    `this is no JSON\n{"jsonrpc":"2.0"}\n${JSON.stringify({ jsonrpc: '2.0', id: 1, ...HELLO })}\n`,
  )
  const [code] = await closed
  expect(code).toBe(0)
  const answers = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(answers.find(answer => answer.id === 1).result.serverInfo.name).toBe('heirloom')
})

test('three servers write to one store at once and lose nothing', async () => {
  using folder = temporaryFolder()
  const agents = await Promise.all([1, 2, 3].map(() => startAgent(['--store', folder.store])))
  const writes = agents.flatMap((agent, server) =>
    Array.from({ length: 40 }, (_, index) =>
      agent.call('remember', { content: `Server ${server} says ${index} today` }),
    ),
  )
  const said = await Promise.all(writes)
  expect(said.filter(({ isError }) => isError)).toEqual([])
  expect(await agents[0]!.say('status')).toMatch(/: 120 memories/)
  expect(await agents[1]!.say('recall', { query: 'server 2 says 39' })).toMatch('Server 2 says 39 today')
  expect(await agents[2]!.say('admin', { operation: 'doctor' })).toMatch(/"ok":true/)
  await Promise.all(agents.map(agent => agent[Symbol.asyncDispose]()))
})

test('a store that cannot be opened is told at each call, until it can', async () => {
  using folder = temporaryFolder()
  const place = join(folder.path, 'later', 'memories.db')
  await using agent = await startAgent(['--store', place])
  expect((await agent.client.listTools()).tools).toHaveLength(12)
  const { text, isError } = await agent.call('recall', { query: 'anything' })
  expect(isError).toBe(true)
  expect(text).toMatch(/^STORE_UNAVAILABLE: .*does not exist.*\nNext: /)
  mkdirSync(join(folder.path, 'later'))
  expect(await agent.say('remember', { content: 'Opened after all' })).toMatch(/^Remembered/)
})

test('a store that never opened shows in the exit code', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'notes.txt')
  writeFileSync(file, 'not a database, whatever it is called\n'.repeat(50))
  const { code, stderr } = await speak(['--store', file], [HELLO])
  expect(code).toBe(3)
  expect(stderr).toMatch(/"code":"NOT_A_STORE"/)
})

test('arguments it does not know end it with usage', async () => {
  const { code, answers, stderr } = await speak(['--sotre', 'x'], [HELLO])
  expect(code).toBe(2)
  expect(answers).toEqual([])
  expect(stderr).toMatch(/--sotre[\s\S]*Usage: heirloom mcp/)
})

test('a server that only reads makes no store', async () => {
  using folder = temporaryFolder()
  await using agent = await startAgent(['--store', folder.store, '--read-only'])
  expect((await agent.call('recall', { query: 'anything' })).text).toMatch(/^NOT_INITIALISED: /)
})
