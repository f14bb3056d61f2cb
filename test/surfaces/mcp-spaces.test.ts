/** Which models see what is remembered is for a person to decide: an agent neither changes that nor takes it back. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openHeirloom, toHeirloom } from '../../src/heirloom.ts'
import { toReceipt } from '../../src/model/receipt.ts'
import { openStore } from '../../src/open.ts'
import { callTool } from '../../src/surfaces/mcp/call.ts'
import { fixedSurroundings } from '../../src/testing.ts'
import { writeModel } from '../kit/models.ts'

/** One store, as a person has it and as an agent reaches it, begun with the shipped model. */
async function shared() {
  const folder = mkdtempSync(join(tmpdir(), 'heirloom-spaces-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const surroundings = { ...fixedSurroundings(), embedder: 'static' }
  const address = { store: join(folder, 'memories.db'), ...surroundings }
  const person = await openHeirloom({ ...address, actor: 'person' })
  onTestFinished(() => person.close())
  const opened = await openStore({ ...address, actor: 'agent' })
  onTestFinished(() => opened.store.close())
  const { signal } = new AbortController()
  const say = (operation: string, given: Record<string, unknown> = {}) => {
    const caller = { profile: { readOnly: false }, client: 'claude', signal }
    const asked = { name: 'admin', given: { operation, confirm: true, ...given } }
    return callTool(asked, opened, caller).catch((error: unknown) => String(error))
  }
  /** What may not be changed: the spaces, and what the journal tells. */
  const all = async () => {
    const { spaces } = await person.space_list({})
    const { entries } = await person.journal({})
    return { spaces: spaces.map(({ name, is_default }) => ({ name, is_default })), entries }
  }
  return { person, opened, say, all, provider: `model2vec:${writeModel(join(folder, 'small'))}` }
}

const REFUSED = /for a person to decide.*Ask the user to run: heirloom /s

test('an agent adds, chooses and drops no space', async () => {
  const { person, opened, say, all, provider } = await shared()
  await person.space_add({ provider, name: 'small' })
  const before = await all()
  const agent = toHeirloom(opened)
  const attempts = [
    () => agent.space_add({ provider }),
    () => agent.space_add({ provider: 'http:http://127.0.0.1:9/v1#thief' }),
    () => agent.space_default({ name: 'small' }),
    () => agent.space_default({ name: 'none' }),
    () => agent.space_drop({ name: 'small' }),
  ]
  for (const attempt of attempts)
    await expect(attempt()).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
      message: expect.stringMatching(REFUSED),
    })
  // The server does not even offer it.
  for (const operation of ['space_add', 'space_default', 'space_drop'])
    expect(await say(operation, { name: 'small', provider })).toMatch(/there is no operation/)
  expect(await all()).toEqual(before)
  // Looking is for everybody.
  expect(await say('space_list')).toContain('small')
})

test('an agent takes back nothing that was decided of spaces, whoever did it', async () => {
  const { person, say, all, provider } = await shared()
  const first = (await person.journal({})).entries.at(-1)!
  expect(first).toMatchObject({ actor_kind: 'system', subject_kind: 'space' })
  const added = await person.space_add({ provider, name: 'small' })
  await person.embed({ drain: true })
  const chosen = await person.space_default({ name: 'small' })
  const dropped = await person.space_drop({ name: 'heirloom-static-en' })
  const undone = await person.undo({ receipt: dropped.receipt! })
  const before = await all()
  expect(await say('undo', { receipt: toReceipt(first, 1) })).toMatch(REFUSED)
  for (const { receipt } of [added, chosen, dropped, undone])
    expect(await say('undo', { receipt })).toMatch(/a person did this.*Ask them to run: heirloom undo/s)
  expect(await all()).toEqual(before)
  // The person may.
  await person.undo({ receipt: undone.receipt! })
  expect((await all()).spaces).toEqual([{ name: 'small', is_default: true }])
})
