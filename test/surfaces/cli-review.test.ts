/** Reviewing and taking back on the command line, as a person does. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newFolder, run } from './cli-process.ts'

test('review lists, takes decisions from stdin, and undo takes them back', async () => {
  const env = { HEIRLOOM_STORE: join(newFolder(), 'memories.db'), NO_COLOR: '1' }
  const heirloom = async (args: readonly string[], stdin?: string) => {
    const { code, stdout, stderr } = await run(args, { env, ...(stdin === undefined ? {} : { stdin }) })
    return { code, stdout, stderr }
  }
  await heirloom(['remember', 'The gateway of apollo listens on port 8080'])
  const proposed = await heirloom(['remember', 'The gateway of apollo listens on port 9090', '--candidate'])
  expect(proposed.stdout).toMatch(/^Proposed /)
  expect(proposed.stdout).toMatch(/Undo: heirloom undo r\d+-1-[0-9a-f]{12}\n$/)
  const shown = await heirloom(['review'])
  expect(shown.stdout).toContain('promoting it opens a conflict')
  const { groups } = JSON.parse((await heirloom(['review', '--json'])).stdout) as {
    groups: { items: { id: string }[] }[]
  }
  const id = groups[0]?.items[0]?.id
  const decisions = JSON.stringify([{ id, decision: 'reject', note: 'it moved' }])
  const decided = await heirloom(['review', '--decisions', '-'], decisions)
  expect(decided.stdout).toContain(`Rejected ${id} candidate → invalid`)
  const receipt = /heirloom undo (\S+)/.exec(decided.stdout)?.[1] ?? ''
  const undone = await heirloom(['undo', receipt])
  expect(undone.stdout).toContain('Taken back: review')
  expect((await heirloom(['review', '--promote', id ?? ''])).stdout).toContain('candidate → active')
  const again = await heirloom(['undo', receipt])
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('taken back already')])
  expect((await heirloom(['history', id ?? ''])).stdout).toContain('“it moved”')
  expect((await heirloom(['expiring', '--within', 'soon'])).code).toBe(2)
  const settings = await heirloom(['project', 'set', 'apollo', '--review', 'agents'])
  expect(settings.stderr).toContain('no project "apollo"')
})
