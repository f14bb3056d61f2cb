/** How long each phase of what is asked takes. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { PHASE_CHANNEL, PHASES, type Phase } from '../src/store/phases.ts'

/** Adds up phases over several calls, one at a time. What comes before the first phase is in none. */
export class PhaseClock {
  readonly #spent = new Map<Phase, number>()
  #total = 0
  #phase: Phase | null = null
  #since = 0

  /** Milliseconds that the work took. */
  async time(work: () => Promise<unknown>): Promise<number> {
    const note = (phase: unknown) => this.#begin(phase as Phase)
    subscribe(PHASE_CHANNEL, note)
    const started = performance.now()
    try {
      await work()
    } finally {
      unsubscribe(PHASE_CHANNEL, note)
    }
    this.#begin(null)
    const took = this.#since - started
    this.#total += took
    return took
  }

  #begin(phase: Phase | null): void {
    const now = performance.now()
    if (this.#phase !== null)
      this.#spent.set(this.#phase, (this.#spent.get(this.#phase) ?? 0) + now - this.#since)
    this.#phase = phase
    this.#since = now
  }

  /** Of all the time, what each phase took, in percent; null for a phase that never came. */
  shares(): Record<`${Phase}_percent`, number | null> {
    const entries = PHASES.map(phase => {
      const spent = this.#spent.get(phase)
      return [`${phase}_percent`, spent === undefined ? null : Math.round((spent / this.#total) * 1000) / 10]
    })
    return Object.fromEntries(entries)
  }
}
