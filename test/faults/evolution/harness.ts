/** Kills a child at one step after another, and looks each time at what it has left. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { seeded } from '../../kit/random.ts'

/** A long change that may be interrupted anywhere. */
export interface Case {
  readonly name: string
  /** A place of its own for each time, as it is before the change. */
  readonly stage: () => Promise<Stage>
}

export interface Stage extends AsyncDisposable {
  /** For `child.ts`. */
  readonly args: readonly string[]
  /** What must hold after the child, however it ended. It may finish what was begun. */
  readonly verify: () => Promise<void>
}

export const MODES = ['before', 'during'] as const
export type Mode = (typeof MODES)[number]

export interface Point {
  readonly at: number
  readonly mode: Mode
}

export interface Tally {
  /** Children that were killed at their step. */
  readonly points: number
  /** What did not hold, each with the command that repeats it. */
  readonly losses: readonly string[]
  /** The kinds of steps at which it was interrupted, with how often. */
  readonly kinds: ReadonlyMap<string, number>
}

interface Ended {
  readonly killedAt: string | null
  /** All steps, of a child that lived. */
  readonly steps: readonly string[]
  readonly failure: string | null
}

const PRELOAD = join(import.meta.dirname, 'points.ts')
const CHILD = join(import.meta.dirname, 'child.ts')

/** Children start in half the time where what they load is compiled already. */
const CACHE = mkdtempSync(join(tmpdir(), 'heirloom-compiled-'))
process.once('exit', () => rmSync(CACHE, { recursive: true, force: true }))

async function runChild(args: readonly string[], point: Point | null): Promise<Ended> {
  const env = {
    ...process.env,
    NODE_COMPILE_CACHE: CACHE,
    HEIRLOOM_FAULT_POINT: String(point?.at ?? 0),
    HEIRLOOM_FAULT_MODE: point?.mode,
  }
  const child = spawn(process.execPath, ['--import', PRELOAD, CHILD, ...args], { env })
  const ended = new Promise<[number | null, string | null]>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve([code, signal]))
  })
  const [[code, signal], said, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  const line = JSON.parse(said.split('\n')[0] || '{}') as { step?: string; steps?: readonly string[] }
  if (signal === 'SIGKILL' && line.step !== undefined)
    return { killedAt: line.step, steps: [], failure: null }
  const failure = code === 0 ? null : `the child ended with ${code ?? signal}: ${errors}`
  return { killedAt: null, steps: line.steps ?? [], failure }
}

/** Which points to try of a change with these steps. */
export type Choice = (steps: readonly string[]) => readonly Point[]

/**
 * Before every step, which is also after the one before it, and during those that can be half done: a write to a file,
 * a commit whose answer is never heard.
 */
export const everyPoint: Choice = steps => {
  const half = steps.includes('server commit') ? /^server commit/ : /^file (append|write)/
  return steps.flatMap((step, index) =>
    MODES.filter(mode => mode === 'before' || half.test(step)).map(mode => ({ at: index + 1, mode })),
  )
}

/** The first and the last step of each kind, and others spread over all of them; some `most` in all. */
export function spreadPoints(most: number): Choice {
  return steps => {
    const chosen = new Set<number>()
    for (const kind of new Set(steps)) chosen.add(steps.indexOf(kind)).add(steps.lastIndexOf(kind))
    const stride = Math.max(1, steps.length / Math.max(1, most - chosen.size))
    for (let at = 0; at < steps.length; at += stride) chosen.add(Math.floor(at))
    return [...chosen].sort((a, b) => a - b).map((at, n) => ({ at: at + 1, mode: MODES[n % 2]! }))
  }
}

/** During some steps of a kind: where a careless change comes apart. */
export function duringSteps(kind: string, most: number): Choice {
  return steps =>
    steps
      .flatMap((step, index) => (step === kind ? [{ at: index + 1, mode: 'during' as const }] : []))
      .slice(0, most)
}

/** Runs a change unharmed, then interrupts it at the chosen points, two children at once. */
export async function interrupt(one: Case, choose: Choice): Promise<Tally> {
  const tally = new Tallying(one.name)
  const only = pointAskedFor(one.name)
  const steps = await countSteps(one, tally)
  // What does not hold even unharmed says nothing of faults.
  const points = tally.losses.length > 0 ? [] : only === null ? choose(steps) : [only]
  const waiting = points.values()
  const work = async () => {
    for (const point of waiting) {
      await using stage = await one.stage()
      const ended = await runChild(stage.args, point)
      await tally.take(ended, point, stage)
    }
  }
  await Promise.all([work(), work()])
  return tally
}

async function countSteps(one: Case, tally: Tallying): Promise<readonly string[]> {
  await using stage = await one.stage()
  const ended = await runChild(stage.args, null)
  await tally.take(ended, null, stage)
  return ended.steps
}

/** Interrupts one change of one store again and again, at points that hang on the seed, until it comes through. */
export async function interruptRepeatedly(one: Case, seed: number, most: number): Promise<Tally> {
  const tally = new Tallying(one.name, seed)
  const random = seeded(seed)
  const steps = await countSteps(one, tally)
  if (tally.losses.length > 0) return tally
  await using stage = await one.stage()
  for (let round = 0; round < most; round++) {
    const point = { at: 1 + Math.floor(random() * steps.length), mode: MODES[Math.floor(random() * 2)]! }
    const ended = await runChild(stage.args, point)
    tally.count(ended, point)
    if (ended.killedAt === null) break
  }
  await tally.take(await runChild(stage.args, null), null, stage)
  return tally
}

class Tallying implements Tally {
  points = 0
  readonly losses: string[] = []
  readonly kinds = new Map<string, number>()
  readonly #name: string
  readonly #seed: number | null

  constructor(name: string, seed: number | null = null) {
    this.#name = name
    this.#seed = seed
  }

  count({ killedAt, failure }: Ended, point: Point | null): void {
    if (killedAt !== null) {
      this.points++
      this.kinds.set(killedAt, (this.kinds.get(killedAt) ?? 0) + 1)
    }
    if (failure !== null) this.#lose(point, killedAt, failure)
  }

  async take(ended: Ended, point: Point | null, stage: Stage): Promise<void> {
    this.count(ended, point)
    try {
      await stage.verify()
    } catch (error) {
      this.#lose(
        point,
        ended.killedAt,
        error instanceof Error ? (error.stack ?? error.message) : String(error),
      )
    }
  }

  #lose(point: Point | null, step: string | null, what: string): void {
    const where = point === null ? 'unharmed' : `killed ${point.mode} step ${point.at} (${step})`
    const asked = point === null ? this.#name : `${this.#name}/${point.mode}/${point.at}`
    const repeat =
      this.#seed === null
        ? `HEIRLOOM_FAULT='${asked}' npm run faults:evolution`
        : `HEIRLOOM_TEST_SEED=${this.#seed} npm run faults:evolution -- -t '${this.#name}'`
    this.losses.push(`${this.#name}, ${where}: ${what}\nAgain: ${repeat}`)
  }
}

/** `HEIRLOOM_FAULT='<case>/<mode>/<step>'` asks for one point of one case. */
const ASKED = /^(.*?)(?:\/(before|during)\/(\d+))?$/s.exec(process.env.HEIRLOOM_FAULT ?? '')

export function isAskedFor(name: string): boolean {
  return !ASKED?.[1] || ASKED[1] === name
}

/** Whether the whole of it runs, so that there is a floor. */
export function isWhole(): boolean {
  return !ASKED?.[1]
}

function pointAskedFor(name: string): Point | null {
  const [, of, mode, at] = ASKED ?? []
  return of === name && at !== undefined ? { at: Number(at), mode: mode as Mode } : null
}
