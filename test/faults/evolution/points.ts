/**
 * Preloaded into a child (`node --import points.ts child.ts …`): counts the steps of the process that can write, and
 * ends it by SIGKILL at the one that is asked for. Only drivers and Node itself are patched.
 *
 * HEIRLOOM_FAULT_POINT says at which step, from 1; without it the process lives, and tells its steps at its end.
 * HEIRLOOM_FAULT_MODE says whether `before` the step, or `during` it: a write has come half way, a statement was given
 * to the database and its answer never heard.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import BetterSqlite3 from 'better-sqlite3'
import { statementsOf } from './statements.ts'

type Method = (...args: never[]) => unknown
type Methods = Record<string, Method>

const { writeSync, writeFileSync } = fs
const fatal = Number(process.env.HEIRLOOM_FAULT_POINT ?? 0)
const isDuring = process.env.HEIRLOOM_FAULT_MODE === 'during'
const steps: string[] = []
let isInside = false

process.on('exit', () => tell({ steps }))

function tell(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

function die(): never {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('Bug: alive after SIGKILL')
}

/** @returns whether this is the step to die at. */
function isFatal(step: string): boolean {
  steps.push(step)
  if (steps.length !== fatal) return false
  tell({ killed: fatal, step })
  if (!isDuring) die()
  return true
}

/** Takes a step; `half` is what is left of it where it is interrupted. */
function take<T>(step: string, run: () => T, half: () => unknown = run): T {
  // What a step is made of is not seen from outside.
  if (isInside) return run()
  isInside = true
  try {
    if (!isFatal(step)) return run()
    half()
    return die()
  } finally {
    isInside = false
  }
}

const CONTENT = ['writeFile', 'appendFile', 'write', 'writev']
const REST = [
  ...['copyFile', 'cp', 'fdatasync', 'fsync', 'ftruncate', 'futimes', 'link', 'lutimes', 'mkdir', 'mkdtemp'],
  ...['rename', 'rm', 'rmdir', 'symlink', 'truncate', 'unlink', 'utimes'],
]

function patchFiles(): void {
  for (const name of [...CONTENT, ...REST]) {
    for (const [holder, key] of [
      [fs, name],
      [fs, `${name}Sync`],
      [fs.promises, name],
    ] as const)
      patch(holder as unknown as Methods, key, `file ${name}`)
  }
  for (const [holder, key] of [
    [fs, 'open'],
    [fs, 'openSync'],
    [fs.promises, 'open'],
  ] as const)
    patch(holder as unknown as Methods, key, 'file create', ([, flags]) => /[wa]/.test(String(flags)))
}

function patch(
  holder: Methods,
  key: string,
  step: string,
  counts: (args: readonly unknown[]) => boolean = ([to]) => to !== 1 && to !== 2,
): void {
  const original = holder[key]
  if (typeof original !== 'function') return
  holder[key] = function (this: unknown, ...args: never[]) {
    const run = () => original.apply(this, args)
    return counts(args) ? take(step, run, halfOf(step, this, args) ?? run) : run()
  }
}

/** Half of what is to be written, at once, since there is no later. */
function halfOf(step: string, on: unknown, args: readonly unknown[]): (() => void) | null {
  const handle = on as { fd?: unknown }
  const isHandle = typeof handle?.fd === 'number'
  const [to, content] = isHandle ? [handle.fd as number, args[0]] : [args[0] as number | string, args[1]]
  if (!/ (writeFile|write)$/.test(step) || !(typeof content === 'string' || ArrayBuffer.isView(content)))
    return null
  const { buffer, byteOffset, byteLength } = typeof content === 'string' ? Buffer.from(content) : content
  const bytes = new Uint8Array(buffer, byteOffset, byteLength)
  const half = bytes.subarray(0, byteLength >> 1)
  return () => void (typeof to === 'number' ? writeSync(to, half) : writeFileSync(to, half))
}

async function patchHandles(): Promise<void> {
  const handle = await fs.promises.open(process.execPath)
  const methods = Object.getPrototypeOf(handle) as Methods
  await handle.close()
  for (const name of ['appendFile', 'datasync', 'sync', 'truncate', 'utimes', 'write', 'writeFile', 'writev'])
    patch(methods, name, `file ${name}`)
}

/** Pages of a backup a step: few, so that a small store stands for a large one. */
const PAGES = 24

/** Statements that end or begin what writes nothing, and settings of a connection. */
const QUIET = /^(begin(?!\s+(immediate|exclusive))|rollback|select|explain)\b/i
const LASTING = /^(application_id|auto_vacuum|incremental_vacuum|journal_mode|user_version)\s*=/i

function verbOf(sql: string): string {
  return /^\s*(\w+)/.exec(sql)?.[1]?.toLowerCase() ?? ''
}

function patchSqlite(): void {
  const methods = BetterSqlite3.prototype
  const { exec, pragma, prepare, backup, close } = methods
  methods.exec = function (script) {
    for (const statement of statementsOf(script)) {
      const run = () => exec.call(this, statement)
      if (this.readonly || QUIET.test(statement)) run()
      else take(`sqlite ${verbOf(statement)}`, run)
    }
    return this
  }
  methods.pragma = function (source, options) {
    const run = () => pragma.call(this, source, options)
    return this.readonly || !LASTING.test(source) ? run() : take(`sqlite ${verbOf(source)}`, run)
  }
  methods.prepare = function (this: BetterSqlite3.Database, source: string) {
    const statement = prepare.call(this, source)
    if (statement.readonly) return statement
    for (const name of ['run', 'get', 'all'] as const) {
      const original = statement[name] as Method
      const counted = (...args: never[]) =>
        take(`sqlite ${verbOf(source)}`, () => original.apply(statement, args))
      Object.defineProperty(statement, name, { value: counted })
    }
    return statement
  } as typeof prepare
  methods.backup = function (to, options) {
    const progress = (found: BetterSqlite3.BackupMetadata) => {
      take('sqlite backup', () => options?.progress?.(found))
      return PAGES
    }
    return backup.call(this, to, { ...options, progress })
  }
  methods.close = function () {
    const run = () => close.call(this)
    // The last one to close a file moves its log into it.
    return this.readonly || !this.open ? run() : take('sqlite close', run)
  }
}

const READS =
  /^\s*(begin|reset|rollback|set|show|select(?![\s\S]*\b(pg_(try_)?advisory_\w*lock|setval)\b))\b/i

async function patchServer(): Promise<void> {
  const { default: pg } = await import('pg')
  const methods = pg.Client.prototype as unknown as { query: (...args: unknown[]) => Promise<unknown> }
  const original = methods.query
  const readers = new WeakSet<object>()
  const isQuiet = (client: object, text: string) => {
    if (/^\s*begin\b/i.test(text)) readers[/read only/i.test(text) ? 'add' : 'delete'](client)
    return READS.test(text) || readers.has(client)
  }
  methods.query = async function (this: object, first: unknown, ...rest: unknown[]) {
    const isScript = typeof first === 'string' && rest.length === 0
    let answer: unknown
    for (const query of isScript ? statementsOf(first) : [first]) {
      const text = typeof query === 'string' ? query : String((query as { text?: unknown }).text)
      const run = () => original.call(this, query, ...rest)
      if (isQuiet(this, text) || !isFatal(`server ${verbOf(text)}`)) answer = await run()
      else {
        run().catch(() => undefined)
        // By then it is on its way to the server; nothing else of this process comes in between.
        await new Promise(() => setImmediate(die))
      }
    }
    return answer
  }
}

patchFiles()
await patchHandles()
patchSqlite()
if (process.argv.some(argument => argument.startsWith('postgres'))) await patchServer()
syncBuiltinESMExports()
