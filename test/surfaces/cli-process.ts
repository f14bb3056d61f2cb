/** The command line as a person runs it: a process of its own, through the launcher. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export const ROOT = join(import.meta.dirname, '..', '..')
export const NODE = join(ROOT, 'node_modules', '.bin', 'node')
export const LAUNCHER = join(ROOT, 'bin', 'heirloom.js')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Surroundings {
  readonly stdin?: string | Uint8Array
  readonly env?: Readonly<Record<string, string>>
  readonly uid?: number
}

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'heirloom-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function start(args: readonly string[], { env = {}, uid }: Surroundings = {}) {
  const { HEIRLOOM_STORE: _store, HEIRLOOM_DEBUG: _debug, ...inherited } = process.env
  return spawn(NODE, [LAUNCHER, ...args], {
    cwd: tmpdir(),
    env: { ...inherited, ...env },
    ...(uid === undefined ? {} : { uid, gid: uid }),
  })
}

export function run(args: readonly string[], surroundings: Surroundings = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = start(args, surroundings)
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.on('error', reject).on('close', code => resolve({ code, stdout, stderr }))
    // A process that refuses its arguments never reads.
    child.stdin.on('error', () => undefined).end(surroundings.stdin ?? '')
  })
}

/** A store of its own and the program on it. */
export function newStore() {
  const folder = newFolder()
  const store = join(folder, 'memories.db')
  const heirloom = (args: readonly string[], surroundings: Surroundings = {}) =>
    run(args, { ...surroundings, env: { HEIRLOOM_STORE: store, ...surroundings.env } })
  const json = async (args: readonly string[], surroundings?: Surroundings) => {
    const ended = await heirloom(['--json', ...args], surroundings)
    if (ended.stdout === '') throw new Error(`no answer: ${ended.stderr}`)
    return JSON.parse(ended.stdout)
  }
  return { folder, store, heirloom, json }
}
