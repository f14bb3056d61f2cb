import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { buildFolder, bundle } from './builds.ts'

/** Bundled once for a test file: many processes start in a fraction of the time. */
const folder = buildFolder()
let bundled: Promise<string> | undefined

function script(): Promise<string> {
  bundled ??= bundle('test/kit/lock-holder.ts', { folder })
  return bundled
}

interface LockChild extends AsyncDisposable {
  readonly pid: number
  /** Lets go of the lock as a program that comes to its end does. */
  end(): Promise<void>
  kill(): Promise<void>
}

/** A child process that holds the lock of a store by the time that this is answered. */
export async function lockedByChild(store: string): Promise<LockChild> {
  const child = spawn(process.execPath, [await script(), 'hold', store], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const line = once(createInterface({ input: child.stdout }), 'line')
  const ended = exitOf(child)
  await Promise.race([line, ended.then(code => Promise.reject(new Error(`the child ended with ${code}`)))])
  const kill = async () => {
    child.kill('SIGKILL')
    await ended
  }
  return {
    pid: child.pid ?? 0,
    end: async () => {
      child.stdin.end()
      await ended
    },
    kill,
    [Symbol.asyncDispose]: kill,
  }
}

/** Opens a store in a process of its own, and writes a memory. */
export async function openInChild(store: string, ...snapshots: [folder?: string]) {
  const child = spawn(process.execPath, [await script(), 'open', store, ...snapshots.map(String)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [said, errors] = ['', '']
  child.stdout.on('data', data => {
    said += data
  })
  child.stderr.on('data', data => {
    errors += data
  })
  const code = await exitOf(child)
  return { code, errors, said: code === 0 ? (JSON.parse(said) as { id: string; content: string }) : null }
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise(resolve => child.once('close', resolve))
}
