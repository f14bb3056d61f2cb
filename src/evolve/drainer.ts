/**
 * Embeds in the background what this process, or another one, has written. One run at a time; one that fails is tried
 * again later, each time after a longer wait. Whoever reads meanwhile finds by words what has no vector yet.
 */
import { mustNotBeAborted, untilAborted } from '../embedding/abort.ts'
import type { Principal } from '../model/access.ts'
import { isInstant, type Space } from '../model/space.ts'
import { embeddingProblem, isRecent } from '../store/embedding-problem.ts'
import type { Queued } from '../store/embedding-queue.ts'
import { spacesOf } from '../store/spaces.ts'
import type { Drained, Draining } from './draining.ts'

/** What was just written waits a moment for more of it, in ms. */
const GATHERING = 100

/** Rows that are not worth embedding before a process ends. */
const LITTLE = 32

/** How long closing waits, in ms: for a run that is under way, and for the one that it may still begin. */
const PATIENCE = 5_000

/** After a failure, in ms. */
const FIRST_WAIT = 1_000
const LONGEST_WAIT = 300_000

export interface DrainerOptions extends Omit<Draining, 'tenant_id'> {
  readonly principal: Pick<Principal, 'tenant_id'>
  /** Has the work done after a while, in ms, and gives what keeps it from being done. */
  readonly after: (milliseconds: number, work: () => void) => () => void
}

type Call = Pick<Draining['surroundings'], 'signal' | 'progress'>

/** A space that is being embedded into in the background. */
interface Attempt {
  readonly stop: AbortController
  /** Whether its provider failed of late. */
  readonly isTroubled: boolean
  isAsking: boolean
  /** Since it was begun, or since this process began to close. */
  hasAnswered: boolean
}

export class Drainer {
  readonly #options: DrainerOptions
  readonly #under = new Map<number, Attempt>()
  #running: Promise<void> | null = null
  #cancel: (() => void) | null = null
  #failures = 0
  /** What this process has queued since the last run. */
  #rows = 0
  #again = false
  #isClosing = false
  #isOver = false
  #problem: string | null = null

  constructor(options: DrainerOptions) {
    this.#options = options
  }

  /** Why there is nothing yet to embed into; null where nothing keeps it from being there. */
  get problem(): string | null {
    return this.#problem
  }

  /** Keeps it for `status` and recall. What is wrong with a space is noted in the store. */
  note(problem: string | null): void {
    this.#problem = problem
  }

  /** Says that something waits; without saying what, that somebody else may have left something. */
  kick(queued?: Queued): void {
    if (this.#isClosing) return
    this.#rows += queued?.rows ?? 0
    if (this.#running !== null) this.#again = true
    else if (this.#cancel === null) this.#schedule(GATHERING)
  }

  /**
   * Works until nothing is due, whatever failed before. A space whose provider fails keeps nobody from the others.
   * @throws what `drainSpace` throws, once all were tried.
   */
  async drain(call: Call = {}, only?: readonly Space[]): Promise<Drained> {
    await untilAborted(this.#running ?? Promise.resolve(), call.signal)
    const { drainSpace } = await import('./draining.ts')
    const drained = { embedded: 0, failed: 0 }
    const failures: unknown[] = []
    for (const space of instantFirst(only ?? (await this.#spaces()))) {
      try {
        const { embedded, failed } = await drainSpace(this.#draining(call), space)
        drained.embedded += embedded
        drained.failed += failed
      } catch (error) {
        mustNotBeAborted(call.signal)
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
    return drained
  }

  #draining(call: Call): Draining {
    const { principal, surroundings, ...rest } = this.#options
    return { ...rest, tenant_id: principal.tenant_id, surroundings: { ...surroundings, ...call } }
  }

  /**
   * Waits for a run that is under way. Where this process has queued something since, that is embedded as well, unless it
   * is so little that whoever reads next embeds it on the way. All of it for a few seconds at the most: what is not done
   * then is given back to the queue, for another process. Whose provider has failed of late is not waited for at all.
   */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#cancel?.()
    this.#cancel = null
    for (const attempt of this.#under.values()) {
      if (attempt.isTroubled && !attempt.hasAnswered) attempt.stop.abort()
      attempt.hasAnswered = false
    }
    const enough = this.#options.after(PATIENCE, () => this.#giveUp())
    try {
      await this.#running
      const spaces = await this.#worthARun()
      if (spaces.length > 0) {
        this.#running = this.#run(spaces)
        await this.#running
      }
    } finally {
      enough()
      this.#giveUp()
    }
  }

  #giveUp(): void {
    this.#isOver = true
    for (const attempt of this.#under.values()) attempt.stop.abort()
  }

  async #worthARun(): Promise<Space[]> {
    if (this.#rows === 0 || this.#isOver) return []
    const spaces: Space[] = []
    for (const space of await this.#spaces()) if (!(await this.#isTroubled(space))) spaces.push(space)
    return (await this.#isLittle(spaces)) ? [] : spaces
  }

  /** Earlier processes may have left as little as this one, each time. */
  async #isLittle(spaces: readonly Space[]): Promise<boolean> {
    const numbers = spaces.map(({ number }) => number)
    if (numbers.length === 0) return true
    if (!spaces.every(({ provider }) => isInstant(provider))) return false
    const waiting = await this.#options.engine.read(db =>
      db.selectFrom('embedding_queue').select('space').where('space', 'in', numbers).limit(LITTLE).execute(),
    )
    return waiting.length < LITTLE
  }

  #schedule(milliseconds: number): void {
    if (this.#isClosing) return
    this.#cancel = this.#options.after(milliseconds, () => {
      this.#cancel = null
      this.#running = this.#run()
    })
  }

  async #run(only?: readonly Space[]): Promise<void> {
    this.#rows = 0
    try {
      await this.#attemptAll(only ?? (await this.#spaces()))
      this.#failures = 0
    } catch {
      this.#failures++
    } finally {
      this.#running = null
    }
    if (this.#failures > 0) this.#schedule(Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (this.#failures - 1)))
    else if (this.#again) this.#schedule(GATHERING)
    this.#again = false
  }

  /** Providers that may have to be waited for are asked beside each other: none has to wait for another one. */
  async #attemptAll(spaces: readonly Space[]): Promise<void> {
    const failures: unknown[] = []
    const attempt = (space: Space) => this.#attempt(space).catch((error: unknown) => failures.push(error))
    for (const space of spaces) if (isInstant(space.provider)) await attempt(space)
    await Promise.all(spaces.filter(({ provider }) => !isInstant(provider)).map(attempt))
    if (failures.length > 0) throw failures[0]
  }

  async #attempt(space: Space): Promise<void> {
    const { drainSpace, noteProblem } = await import('./draining.ts')
    const isTroubled = await this.#isTroubled(space)
    if (this.#isOver || (this.#isClosing && isTroubled)) return
    const attempt: Attempt = {
      stop: new AbortController(),
      isTroubled,
      isAsking: false,
      hasAnswered: false,
    }
    const draining = this.#draining({ signal: attempt.stop.signal, progress: undefined })
    this.#under.set(space.number, attempt)
    try {
      await drainSpace({ ...draining, embedders: watched(draining.embedders, attempt) }, space)
    } catch (error) {
      if (this.#isOver && attempt.isAsking && !attempt.hasAnswered)
        await noteProblem(draining, space, unanswered(space))
      throw error
    } finally {
      this.#under.delete(space.number)
    }
  }

  async #isTroubled({ number }: Space): Promise<boolean> {
    const { engine, surroundings } = this.#options
    const noted = await engine.read(db => embeddingProblem(db, number))
    return noted !== null && isRecent(noted, surroundings.now())
  }

  #spaces(): Promise<Space[]> {
    const { engine, principal } = this.#options
    return engine.read(db => spacesOf(db, engine, principal.tenant_id))
  }
}

function instantFirst(spaces: readonly Space[]): Space[] {
  return [...spaces].sort((a, b) => Number(isInstant(b.provider)) - Number(isInstant(a.provider)))
}

/** The same embedders, of which the attempt knows whether one is being asked and whether it has answered. */
function watched(embedders: Draining['embedders'], attempt: Attempt): Draining['embedders'] {
  const watch = async <T>(asked: Promise<T>): Promise<T> => {
    attempt.isAsking = true
    try {
      return await asked
    } finally {
      attempt.isAsking = attempt.stop.signal.aborted
    }
  }
  return {
    of: space => watch(embedders.of(space)),
    embed: async (...asked) => {
      const vectors = await watch(embedders.embed(...asked))
      attempt.hasAnswered = true
      return vectors
    },
  }
}

function unanswered({ provider, name }: Space): string {
  const remedy = `Check that it runs. To wait longer for it: heirloom embed --drain --space ${name}`
  return `${provider} did not answer within ${PATIENCE / 1000} s. ${remedy}`
}
