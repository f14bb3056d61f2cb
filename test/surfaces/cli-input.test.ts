import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newFolder, newStore, run } from './cli-process.ts'

const UNKNOWN = '0198c0de-0000-7000-8000-000000000000'

interface Bad {
  readonly args: readonly string[]
  readonly says: string
  readonly code?: number
  readonly stdin?: string | Uint8Array
}

const BAD: Readonly<Record<string, Bad>> = {
  'empty content': { args: ['remember', ''], says: 'content: must not be empty' },
  'blank content': { args: ['remember', ' \n '], says: 'content: must not be empty' },
  'no content': { args: ['remember'], says: "missing required argument 'content'" },
  'content over the limit': {
    args: ['remember', '-'],
    stdin: 'a'.repeat(70_000),
    says: 'longer than 64 KiB',
  },
  'more than one text': { args: ['remember', 'two', 'words'], says: 'in quotes' },
  'a kind that is none': { args: ['remember', 'x', '--kind', 'Bad Kind'], says: 'a kind is 1 to 32' },
  'a tag of 300 characters': {
    args: ['remember', 'x', '--tag', 'a'.repeat(300)],
    says: 'tags.0: at most 64',
  },
  'a date that is none': {
    args: ['remember', 'x', '--valid-from', 'soon'],
    says: 'valid_from: "soon" is not a date',
  },
  'a day that does not exist': {
    args: ['remember', 'x', '--valid-from', '2026-02-30'],
    says: '"2026-02-30" is not a date; write 2026-03-31',
  },
  'an end before the beginning': {
    args: ['remember', 'x', '--valid-from', '2026-02-01', '--valid-until', '2026-01-01'],
    says: 'must be later than valid_from',
  },
  'metadata that is no object': {
    args: ['remember', 'x', '--metadata', '[1'],
    says: 'metadata: a JSON object',
  },
  'a slot that is none': {
    args: ['remember', 'x', '--slot', 'port 8080'],
    says: 'subject.attribute=value',
  },
  'a number that is none': { args: ['recall', 'x', '--limit', 'ten'], says: 'must be a number' },
  'a number out of range': { args: ['recall', 'x', '--limit', '0'], says: 'limit: ' },
  'a word that is not offered': { args: ['recall', 'x', '--trust', 'blind'], says: 'trust: ' },
  'an unknown option': { args: ['status', '--limit', '3'], says: "unknown option '--limit'" },
  'a text like an option': { args: ['remember', '-5 degrees'], says: 'Put -- before' },
  'an id that is none': { args: ['get', 'abc'], says: 'not an id' },
  'an unknown id': { args: ['get', UNKNOWN], says: `no memory ${UNKNOWN}`, code: 1 },
  'an unknown id to change': { args: ['forget', UNKNOWN], says: 'heirloom list', code: 1 },
  'a query of punctuation': { args: ['recall', '?!… --'], says: 'no word to look for' },
  'an empty query': { args: ['recall', ''], says: 'no word to look for' },
  'a NUL': { args: ['recall', '-'], stdin: 'a\0b', says: 'a NUL character' },
  'a NUL to keep': { args: ['remember', '-'], stdin: 'a\0b', says: 'a NUL character' },
  'half of a surrogate pair': {
    args: ['remember', '-'],
    stdin: Buffer.from('a\xed\xa0\x80', 'latin1'),
    says: 'not UTF-8',
  },
  'bytes that are no UTF-8': {
    args: ['ingest', '-'],
    stdin: Buffer.from('caf\xe9', 'latin1'),
    says: 'not UTF-8',
  },
  'a query of 1 MB': {
    args: ['recall', '-'],
    stdin: 'port '.repeat(200_000),
    says: 'at most 16384 characters',
  },
  'stdin twice': { args: ['revise', '-', '-'], says: 'only one argument can be "-"' },
  'no paths': { args: ['ingest'], says: 'name files or folders' },
  'a path that does not exist': { args: ['ingest', '/nowhere/at/all.md'], says: 'does not exist', code: 1 },
  'an action that is none': { args: ['project', 'rename'], says: 'action: ' },
  'an alias without a project': { args: ['project', 'alias'], says: 'give the project and the alias' },
  'a cursor of another list': { args: ['list', '--cursor', 'abc'], says: 'cursor' },
}

test('bad input is refused with what is wrong, and nothing is stored', async () => {
  const { heirloom, json } = newStore()
  await heirloom(['remember', 'the one that is there'])
  for (const [what, { args, says, code = 2, stdin }] of Object.entries(BAD)) {
    const ended = await heirloom(args, stdin === undefined ? {} : { stdin })
    expect.soft(ended, what).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(says) })
    expect.soft(ended.stderr, what).toMatch(/^heirloom: [^\n]+\n$/)
  }
  expect((await json(['list'])).total).toBe(1)
  const { entries } = await json(['journal'])
  expect(entries.map(({ operation }: { operation: string }) => operation)).toEqual(['remember', 'space_add'])
  expect((await json(['project', 'list'])).projects).toEqual([])
})

test('a step that the state forbids names both states', async () => {
  const { heirloom, json } = newStore()
  const { id } = await json(['remember', 'a fact'])
  await heirloom(['forget', id])
  for (const args of [
    ['invalidate', id],
    ['supersede', id, 'other'],
    ['revise', id, 'other'],
  ]) {
    const ended = await heirloom(args)
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining(`heirloom restore ${id}`) })
    expect(ended.stderr).toMatch(/retired.*active/)
  }
  expect((await json(['list', '--status', 'retired'])).total).toBe(1)
  expect((await json(['list'])).total).toBe(0)
})

test('malformed JSONL is told with its line, and nothing of that file is kept', async () => {
  const { folder, heirloom, json } = newStore()
  const file = join(folder, 'talk.jsonl')
  writeFileSync(file, '{"role":"user","content":"one"}\n{"role":"user","content":"two"}\nnot json\n')
  const ended = await heirloom(['ingest', file])
  expect(ended).toMatchObject({ code: 1, stdout: expect.stringContaining(`${file}: line 3 is not JSON`) })
  expect((await json(['list'])).total).toBe(0)
})

test('queries that look like search syntax are words', async () => {
  const { heirloom, json } = newStore()
  const { id } = await json(['remember', 'foo and bar live near a:b'])
  for (const query of [
    '"foo" OR (bar*',
    'NEAR/2 foo',
    'a:b foo',
    "foo'); drop table memories; --",
    '"foo',
    'foo AND',
  ]) {
    const answer = await json(['recall', '--', query])
    expect.soft(answer.results[0]?.id, query).toBe(id)
  }
  const words = await heirloom(['recall', 'the of and'])
  expect(words).toMatchObject({ code: 0, stderr: '' })
})

test('a dash takes the text from stdin', async () => {
  const { heirloom, json } = newStore()
  const { id } = await json(['remember', '-'], { stdin: '\ufeffOn two\nlines\n' })
  expect((await json(['get', id])).content).toBe('On two\nlines')
  expect((await json(['recall', '-'], { stdin: 'lines\n' })).results[0].id).toBe(id)
  await heirloom(['revise', id, '-'], { stdin: 'On one line' })
  expect((await json(['get', id])).content).toBe('On one line')
  const counts = await json(['ingest', '-', '--name', 'notes.md'], { stdin: '# Notes\n\nfirst\n' })
  expect(counts).toMatchObject({ documents: 1, added: 1 })
  expect((await json(['recall', 'first'])).results[0].document).toBe('notes.md')
})

test('bad input makes no store', async () => {
  const folder = newFolder()
  const store = join(folder, 'new.db')
  const refused = await run(['remember', '', '--store', store])
  expect(refused.code).toBe(2)
  expect(readdirSync(folder)).toEqual([])
  const kept = await run(['remember', 'a fact', '--store', store])
  expect(kept).toMatchObject({ code: 0, stderr: `Made a new store at ${store}\n` })
})
