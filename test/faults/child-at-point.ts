/** A child process that is killed at one of its steps that can write. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect } from 'vitest'

const POINTS = join(import.meta.dirname, 'evolution/points.ts')

export interface Point {
  /** The step at which the child is killed, from 1; at 0 it lives. */
  readonly at: number
  readonly mode: 'before' | 'during'
}

/**
 * Runs a program of this folder, which must end as it is told to, and without a word on its standard error.
 * @returns the steps that can write, of a child that lived.
 */
export async function runToPoint(
  program: string,
  args: readonly string[],
  { at, mode }: Point,
): Promise<readonly string[]> {
  const env = { ...process.env, HEIRLOOM_FAULT_POINT: `${at}`, HEIRLOOM_FAULT_MODE: mode }
  const path = join(import.meta.dirname, program)
  const child = spawn(process.execPath, ['--import', POINTS, path, ...args], { env })
  let steps: readonly string[] = []
  let errors = ''
  createInterface({ input: child.stdout }).on('line', line => {
    const told = JSON.parse(line) as { steps?: readonly string[] }
    steps = told.steps ?? steps
  })
  child.stderr.on('data', data => {
    errors += data
  })
  const ended = await new Promise(resolve => child.on('close', (code, signal) => resolve({ code, signal })))
  expect(errors, `${mode} ${at}`).toBe('')
  expect(ended, `${mode} ${at}`).toEqual(
    at === 0 ? { code: 0, signal: null } : { code: null, signal: 'SIGKILL' },
  )
  return steps
}
