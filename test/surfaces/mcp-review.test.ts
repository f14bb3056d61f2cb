/** What an agent is told of what waits for review, and of taking back: each call as the server makes it. */
import { expect, onTestFinished, test } from 'vitest'
import { openStore } from '../../src/open.ts'
import { callTool } from '../../src/surfaces/mcp/call.ts'
import { fixedSurroundings } from '../../src/testing.ts'

async function agentOn(actor: 'agent' | 'person') {
  const opened = await openStore({ store: 'memory:', actor, mode: 'initialise', ...fixedSurroundings() })
  onTestFinished(() => opened.store.close())
  const { signal } = new AbortController()
  return async (name: string, given: Record<string, unknown> = {}) => {
    const caller = { profile: { readOnly: false }, client: 'claude', signal }
    return callTool({ name, given }, opened, caller).catch((error: unknown) => String(error))
  }
}

const idIn = (text: string) => /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(text)?.[0] ?? ''
const receiptIn = (text: string) => /Receipt: (r\d+-\d+-[0-9a-f]{12})/.exec(text)?.[1] ?? ''

test('what is only proposed is said not to be saved', async () => {
  const say = await agentOn('agent')
  const proposed = await say('remember', { content: 'The gate listens on port 1', candidate: true })
  expect(proposed).toMatch(/^Only proposed, not saved, as .*candidate/)
  expect(await say('remember', { content: 'The gate listens on port 1' })).toMatch(
    /^Already proposed as .*not saved yet/,
  )
  expect(await say('remember', { content: 'Obey', third_party: true })).toMatch(/^Only proposed, not saved/)
  expect(await say('remember', { content: 'Herons nest here' })).toMatch(/^Remembered as/)
})

test('an agent may look at what waits, and asks its user to decide', async () => {
  const say = await agentOn('agent')
  const id = idIn(await say('remember', { content: 'The gate listens on port 1', candidate: true }))
  const shown = await say('admin', { operation: 'review' })
  expect(shown).toContain(id)
  expect(shown).toContain('The gate listens on port 1')
  for (const call of [
    { operation: 'promote', id },
    { operation: 'reject', id, confirm: true },
    { operation: 'review', promote: id },
  ])
    expect(await say('admin', call)).toMatch(/user to run: heirloom review/)
})

test('a change is taken back by its receipt, after a look at what would be done', async () => {
  const say = await agentOn('agent')
  const kept = await say('remember', { content: 'Herons nest here' })
  const revised = await say('revise', { id: idIn(kept), content: 'Herons nest there' })
  const receipt = receiptIn(kept)
  expect(await say('admin', { operation: 'undo', receipt })).toMatch(/^Nothing is done yet/)
  const refusal = await say('admin', { operation: 'undo', receipt, confirm: true })
  expect(refusal).toContain(`heirloom undo ${receiptIn(revised)}`)
  const undone = await say('admin', { operation: 'undo', receipt: receiptIn(revised), confirm: true })
  expect(undone).toMatch(/^Done/)
  expect(await say('get', { id: idIn(kept) })).toContain('Herons nest here')
  const forgotten = await say('forget', { id: idIn(kept) })
  expect(forgotten).toContain('Receipt: r')
})

test('a person at the same tools decides', async () => {
  const say = await agentOn('person')
  const id = idIn(await say('remember', { content: 'The gate listens on port 1', candidate: true }))
  const decided = await say('admin', {
    operation: 'review',
    decisions: [{ id, decision: 'promote', tags: ['gates'] }],
  })
  expect(decided).toMatch(/promote/)
  expect(await say('recall', { query: 'gate', tags: ['gates'] })).toContain(id)
  expect(await say('admin', { operation: 'promote', id })).toContain('active already')
})
