import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { ERROR_CODES } from '../../src/model/errors.ts'
import { OPERATIONS } from '../../src/operations/index.ts'
import { wordsOf } from '../../src/operations/loaders.ts'
import { EXIT } from '../../src/surfaces/cli/exit-codes.ts'
import { runCli } from '../../src/surfaces/cli/main.ts'
import { type Ended, newStore, ROOT, run } from './cli-process.ts'

const operations = Object.values(OPERATIONS)

/** A command line in this process: there are too many verbs to start a process for each. */
async function runHere(args: readonly string[]): Promise<Ended> {
  const written = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map(stream =>
    vi.spyOn(process[stream], 'write').mockImplementation(text => {
      written[stream] += String(text)
      return true
    }),
  )
  const listening = new Set(process.stdout.listeners('error').concat(process.stderr.listeners('error')))
  try {
    process.exitCode = 0
    await runCli(args)
    return { ...written, code: process.exitCode }
  } finally {
    process.exitCode = 0
    for (const spy of spies) spy.mockRestore()
    for (const stream of [process.stdout, process.stderr]) {
      for (const one of stream.listeners('error')) {
        if (!listening.has(one)) stream.off('error', one as () => void)
      }
    }
  }
}

test('help names every verb, and each verb its inputs and an example', async () => {
  const [overview, alone] = await Promise.all([run(['--help']), run([])])
  expect(overview).toMatchObject({ code: 0, stderr: '' })
  expect(alone.stdout).toBe(overview.stdout)
  for (const verb of new Set([...operations.map(({ name }) => wordsOf(name)[0]), 'mcp'])) {
    expect.soft(overview.stdout).toMatch(new RegExp(`^  ${verb} `, 'm'))
  }
  for (const { name, summary, example, input, positional } of operations) {
    const { code, stdout } = await runHere([...wordsOf(name), '-h'])
    expect.soft(code).toBe(0)
    const flat = stdout.replace(/\s+/g, ' ')
    expect.soft(flat, name).toContain(summary.replace(/\s+/g, ' '))
    expect.soft(stdout, name).toContain(`Example:\n  heirloom ${example}\n`)
    expect.soft(stdout, name).toContain('--store <address>')
    for (const field of Object.keys(input.shape)) {
      const flag = field.replaceAll('_', '-')
      expect
        .soft(stdout, `${name} ${field}`)
        .toContain((positional as string[]).includes(field) ? flag : `--${flag}`)
    }
  }
})

test('no input of an operation hides behind an option of the program', () => {
  for (const { name, input } of operations) {
    for (const global of ['store', 'json', 'color', 'quiet', 'help', 'version']) {
      expect.soft(Object.keys(input.shape), name).not.toContain(global)
    }
  }
})

test('every example is a command line that is understood', async () => {
  const { store, json } = newStore()
  await json(['init'])
  for (const { name, example } of operations) {
    const words = [...example.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
      ([, whole, quoted, plain]) => whole ?? quoted ?? plain!,
    )
    const place = words.indexOf('--store')
    const args = place < 0 ? words : words.toSpliced(place, 2)
    const { stderr } = await runHere([...args, '--json', '--store', store])
    // Ids and paths of the examples are not there; that is all that may be wrong.
    const refusal = stderr === '' ? null : JSON.parse(stderr).error.code
    expect.soft([null, 'NOT_FOUND', 'SOURCE_UNREADABLE'], `${name}: ${stderr}`).toContain(refusal)
    if (name === 'init') expect.soft(refusal).toBe(null)
  }
})

test('help with a verb is that verb’s help, and an unknown verb is a usage error with the nearest one', async () => {
  const [long, short] = await Promise.all([run(['help', 'recall']), run(['recall', '--help'])])
  expect(long.stdout).toBe(short.stdout)
  expect(long.stdout).toMatch(/^Usage: heirloom recall \[options\] <query>/)
  expect(await run(['recal', 'x'])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('Did you mean recall?'),
  })
  expect((await run(['help', 'recal'])).code).toBe(2)
})

test('a group of verbs lists them, alone, with --help and where a verb is none of them', async () => {
  const [alone, long, help] = await Promise.all([
    run(['snapshot']),
    run(['snapshot', '--help']),
    run(['help', 'snapshot']),
  ])
  expect(alone).toMatchObject({ code: 0, stderr: '' })
  expect(long.stdout).toBe(alone.stdout)
  expect(help.stdout).toBe(alone.stdout)
  for (const verb of ['create', 'list', 'verify', 'restore', 'prune', 'diff']) {
    expect.soft(alone.stdout).toMatch(new RegExp(`^  ${verb} `, 'm'))
  }
  const verbs = 'There are: create, list, verify, restore, prune, diff.'
  for (const args of [
    ['snapshot', 'make', '--tag', 'x'],
    ['help', 'snapshot', 'make'],
    ['snapshot', '--tag'],
  ]) {
    const ended = await run(args)
    expect.soft(ended, args.join(' ')).toMatchObject({ code: 2, stdout: '' })
    expect.soft(ended.stderr).toContain(verbs)
  }
})

test('help with the words of a grouped verb is that verb’s help', async () => {
  const [long, short] = await Promise.all([
    run(['help', 'snapshot', 'create']),
    run(['snapshot', 'create', '--help']),
  ])
  expect(long.stdout).toBe(short.stdout)
  expect(long.stdout).toMatch(/^Usage: heirloom snapshot create \[options\]/)
  expect(await run(['snapshot', 'create', '--colour', 'x'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('See: heirloom snapshot create --help'),
  })
  expect(await run(['snapshot', 'create', '--kind', 'zip'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('snapshot create: kind: must be one of rows, file'),
  })
})

test('--version is the version of the package', async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  expect(await run(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})

test('every error code has its exit code', () => {
  expect(EXIT).toEqual({
    INVALID_INPUT: 2,
    NOT_FOUND: 1,
    ILLEGAL_TRANSITION: 1,
    DUPLICATE: 1,
    IDEMPOTENCY_MISMATCH: 1,
    STORE_UNAVAILABLE: 1,
    STORE_BUSY: 3,
    STORE_READ_ONLY: 3,
    STORE_FULL: 1,
    STORE_CORRUPT: 1,
    NOT_A_STORE: 3,
    NOT_INITIALISED: 3,
    SCHEMA_OUTDATED: 3,
    SCHEMA_TOO_NEW: 3,
    MIGRATION_FAILED: 1,
    REBUILD_REQUIRED: 3,
    LOCKED: 3,
    SNAPSHOT_DAMAGED: 4,
    SOURCE_UNREADABLE: 1,
    SOURCE_MALFORMED: 1,
    EMBEDDER_UNAVAILABLE: 1,
    SPACE_MISMATCH: 3,
    CONFLICT: 1,
    ACCESS_DENIED: 3,
    UNSUPPORTED: 1,
    ABORTED: 130,
    INTERNAL: 1,
  })
  expect(Object.keys(EXIT).sort()).toEqual(Object.keys(ERROR_CODES).sort())
})
