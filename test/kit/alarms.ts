interface Alarm {
  readonly milliseconds: number
  readonly work: () => void
}

/** What is to happen after a while, which is over when a test says so: no time passes. */
export class Alarms {
  readonly #set: Alarm[] = []
  #added = Promise.withResolvers<void>()

  /** As `Surroundings.after`. */
  readonly after = (milliseconds: number, work: () => void): (() => void) => {
    const alarm = { milliseconds, work }
    this.#set.push(alarm)
    this.#added.resolve()
    this.#added = Promise.withResolvers()
    return () => this.#drop(alarm)
  }

  /** After how many milliseconds something is to happen, in the order in which that was said. */
  get set(): number[] {
    return this.#set.map(({ milliseconds }) => milliseconds)
  }

  /** Says that so many milliseconds have passed. */
  ring(milliseconds: number): void {
    const alarm = this.#set.find(one => one.milliseconds === milliseconds)
    if (alarm === undefined) throw new Error(`nothing is to happen after ${milliseconds} ms`)
    this.#drop(alarm)
    alarm.work()
  }

  /** As `ring`, once something is to happen then. */
  async ringWhenSet(milliseconds: number): Promise<void> {
    while (!this.set.includes(milliseconds)) await this.#added.promise
    this.ring(milliseconds)
  }

  #drop(alarm: Alarm): void {
    const at = this.#set.indexOf(alarm)
    if (at >= 0) this.#set.splice(at, 1)
  }
}
