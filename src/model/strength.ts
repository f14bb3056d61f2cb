/**
 * How well a memory is remembered, by FSRS-6 as ts-fsrs reckons it: stability is the days after which it would still
 * be recalled nine times in ten, retrievability R = (1 + f·t/S)^-w20 with f = 0.9^(-1/w20) - 1
 * (https://github.com/open-spaced-repetition/awesome-fsrs/wiki/The-Algorithm). Pure: without fuzz, and the same days
 * and grades give the same card. Steps of minutes are off: they are for people who learn, and agents come by days.
 */
import { type Card, createEmptyCard, type Grade as FsrsGrade, fsrs, Rating } from 'ts-fsrs'

export const GRADES = ['again', 'hard', 'good', 'easy'] as const
export type Grade = (typeof GRADES)[number]

/** A memory is due when it would be recalled so often. */
const RETENTION = 0.9

/** The present card of a memory. Times are ISO 8601, UTC, milliseconds; stability and intervals are days. */
export interface Strength {
  readonly due: string
  readonly stability: number
  readonly difficulty: number
  readonly state: number
  readonly reps: number
  readonly lapses: number
  readonly learning_steps: number
  readonly scheduled_days: number
  readonly last_review: string
}

const scheduler = fsrs({ request_retention: RETENTION, enable_fuzz: false, enable_short_term: false })

const RATINGS: Readonly<Record<Grade, FsrsGrade>> = {
  again: Rating.Again,
  hard: Rating.Hard,
  good: Rating.Good,
  easy: Rating.Easy,
}

/** The card after a review; `before` is null at the first one. A review before the last one counts as at its time. */
export function reviewed(before: Strength | null, grade: Grade, at: string): Strength {
  const when = before !== null && before.last_review > at ? before.last_review : at
  const card = before === null ? createEmptyCard(new Date(when)) : toCard(before)
  const { card: next } = scheduler.next(card, new Date(when), RATINGS[grade])
  return {
    due: next.due.toISOString(),
    stability: next.stability,
    difficulty: next.difficulty,
    state: next.state,
    reps: next.reps,
    lapses: next.lapses,
    learning_steps: next.learning_steps,
    scheduled_days: next.scheduled_days,
    last_review: when,
  }
}

/** How likely it is recalled at a time, from 0 to 1. */
export function retrievability(strength: Strength, at: string): number {
  const when = strength.last_review > at ? strength.last_review : at
  return scheduler.get_retrievability(toCard(strength), new Date(when), false)
}

function toCard({ due, last_review, ...rest }: Strength): Card {
  return { ...rest, elapsed_days: 0, due: new Date(due), last_review: new Date(last_review) }
}
