import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LAUNCHER, NODE, newStore, start } from './cli-process.ts'

const HOSTILE = 'red \x1b[31malert\x1b[0m \x1b]0;title\x07 back\rspace \u202eevil \u009b2J'

test('stored text cannot command a terminal, but is exact as JSON', async () => {
  const { heirloom, json } = newStore()
  const said = ['--title', HOSTILE, '--author', HOSTILE, '--metadata', JSON.stringify({ [HOSTILE]: HOSTILE })]
  const { id } = await json(['remember', '-', ...said, '--note', HOSTILE], { stdin: HOSTILE })
  await heirloom(['revise', id, '-'], { stdin: `${HOSTILE} again` })
  for (const args of [
    ['recall', 'alert', '--explain'],
    ['get', id, '--revisions'],
    ['list'],
    ['history', id],
    ['journal'],
  ]) {
    const { code, stdout } = await heirloom(args)
    expect.soft(code, args[0]).toBe(0)
    expect.soft(stdout, args[0]).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]/)
  }
  expect((await heirloom(['get', id])).stdout).toContain('red \\x1b[31malert')
  expect((await json(['get', id])).content).toBe(`${HOSTILE} again`)
})

test('what was typed cannot command a terminal either', async () => {
  const { heirloom } = newStore()
  const { stderr } = await heirloom(['get', '\x1b[31mid', '--store', '/tmp/\x1b[31mx'])
  expect(stderr).not.toContain('\x1b')
})

function onTerminal(command: string, env: Record<string, string>) {
  const { NO_COLOR: _no, CI: _ci, ...inherited } = process.env
  return spawnSync('script', ['-qec', command, '/dev/null'], {
    encoding: 'utf8',
    env: { ...inherited, TERM: 'xterm', ...env },
    input: '',
  })
}

const hasScript = spawnSync('script', ['--version']).status === 0

test.skipIf(!hasScript)('colours are for terminals that want them', async () => {
  const { heirloom, store } = newStore()
  await heirloom(['remember', 'The staging API listens on port 8080'])
  const recall = `${NODE} ${LAUNCHER} recall staging`
  const env = { HEIRLOOM_STORE: store }
  expect(onTerminal(recall, env).stdout).toContain('\x1b[')
  expect(onTerminal(`${recall} --no-color`, env).stdout).not.toContain('\x1b[')
  expect(onTerminal(recall, { ...env, NO_COLOR: '1' }).stdout).not.toContain('\x1b[')
  expect(onTerminal(`${recall} --json`, env).stdout).toMatch(/^\{\r?\n {2}"results"/)
  expect(
    (await heirloom(['recall', 'staging'], { env: { FORCE_COLOR: '1', CI: '1' } })).stdout,
  ).not.toContain('\x1b[')
})

test.skipIf(!hasScript)('ingest draws a bar with rate and time left on a terminal only', async () => {
  const { folder, heirloom, store } = newStore()
  const docs = join(folder, 'docs')
  mkdirSync(docs)
  for (let file = 0; file < 30; file++)
    writeFileSync(join(docs, `${file}.md`), `# Part ${file}\n\ntext ${file}\n`)
  const { stdout } = onTerminal(`${NODE} ${LAUNCHER} ingest ${docs}`, { HEIRLOOM_STORE: store })
  expect(stdout).toMatch(/\d+\/30 files {2}\d+ passages {2}(\?|\d+)\/s {2}(\?|\d+ s) left/)
  expect(stdout).toContain('30 documents')
  expect((await heirloom(['ingest', docs])).stderr).toBe('')
})

test('a reader who leaves early is no failure', async () => {
  const { heirloom, store } = newStore()
  for (const word of ['one', 'two']) await heirloom(['remember', `number ${word} ${'x'.repeat(60_000)}`])
  const child = start(['list', '--json'], { env: { HEIRLOOM_STORE: store } })
  let stderr = ''
  child.stderr.on('data', text => {
    stderr += text
  })
  child.stdout.destroy()
  const code = await new Promise(resolve => child.on('close', resolve))
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})

test('Ctrl-C leaves whole documents and says how to go on', async () => {
  const { folder, heirloom, json, store } = newStore()
  const docs = join(folder, 'docs')
  mkdirSync(docs)
  const section = (part: number) => `## Section ${part}\n\n${'many words stand here '.repeat(20)}${part}\n`
  const text = Array.from({ length: 40 }, (_, part) => section(part)).join('\n')
  for (let file = 0; file < 200; file++) writeFileSync(join(docs, `${file}.md`), `# File ${file}\n\n${text}`)
  const child = spawn(NODE, [LAUNCHER, 'ingest', docs], { env: { ...process.env, HEIRLOOM_STORE: store } })
  let stderr = ''
  child.stderr.on('data', data => {
    stderr += data
  })
  const looking = setInterval(() => {
    // The schema takes half a megabyte; some documents are written, most are not.
    if ((statSync(`${store}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 2_000_000) child.kill('SIGINT')
    if (child.killed) clearInterval(looking)
  }, 2)
  const code = await new Promise(resolve => child.on('close', resolve))
  expect(code).toBe(130)
  expect(stderr).toMatch(/Stopped after \d+ of 200 files; .*Run the same command again/)
  expect((await json(['doctor'])).ok).toBe(true)
  const again = await json(['ingest', docs])
  expect(again).toMatchObject({ documents: 200, errors: [] })
  expect((await heirloom(['ingest', docs])).stdout).toMatch(
    /^200 documents, [\d,]+ passages: [\d,]+ unchanged\n/,
  )
})

test('a mistake of our own is one line with its code, and a stack for those who ask', async () => {
  const { heirloom, store } = newStore()
  await heirloom(['remember', 'a fact'])
  const { default: Database } = await import('better-sqlite3')
  const database = new Database(store)
  database.exec(`update memories set tags = 'no list'`)
  database.close()
  const plain = await heirloom(['list'])
  expect(plain).toMatchObject({ code: 1, stdout: '' })
  expect(plain.stderr).toMatch(/^heirloom: INTERNAL: [^\n]*HEIRLOOM_DEBUG=1[^\n]*\n$/)
  const asked = await heirloom(['list'], { env: { HEIRLOOM_DEBUG: '1' } })
  expect(asked.stderr).toMatch(/\n +at /)
  const machine = await heirloom(['list', '--json'])
  expect(JSON.parse(machine.stderr)).toEqual({ error: { code: 'INTERNAL', message: expect.any(String) } })
  expect(machine.stdout).toBe('')
})
