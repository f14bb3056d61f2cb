import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { runNode } from './kit/run-node.ts'

const folder = mkdtempSync(join(tmpdir(), 'heirloom-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('the demo shows the main job and leaves nothing behind', async () => {
  const { code, stdout, stderr } = await runNode(['examples/demo.ts'], { TMPDIR: folder })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  for (const line of CLAIMS) expect(stdout).toContain(`✓ ${line}`)
  expect(stdout.match(/same 3 results, same order/g)).toHaveLength(5)
  expect(stdout.match(/the first result answers it/g)).toHaveLength(5)
  expect(stdout.match(/found by its meaning alone/g)).toHaveLength(3)
  expect(readdirSync(folder)).toEqual([])
})

const CLAIMS = [
  'every file was read',
  'the second reading stored nothing',
  'said twice, stored once',
  'the near-duplicate was pointed out',
  'without its model nothing is made up',
  'each answer says that recall goes by words alone, and how to mend it',
  'questions in its words are answered as before',
  'now and then are both known',
  'its history tells both versions',
  'the second statement opened a conflict',
  'recall marks both as contested',
  'the other one is superseded, and linked to it',
  'undo brings both back, contested as before',
  'it fits, and says why each item is there',
  'each entry follows from the one before it',
  'the forgery was found',
  'no acknowledged memory is lost',
  'doctor finds nothing wrong',
]
