/**
 * Conditional logistic regression: each passage that answers a question against all candidates that do not, as a
 * choice among them. Newton's method with a ridge, weights kept to the sign that they can have. Deterministic.
 */

/** The candidates of a question: a row of features each, and which of them are right. */
export interface Choice {
  readonly rows: readonly Float64Array[]
  readonly right: readonly boolean[]
  /** How much the question counts. */
  readonly weight: number
}

export interface Fitting {
  /** For each feature 1 where its weight may not fall below 0, -1 where it may not rise above. */
  readonly signs: readonly (1 | -1)[]
  /** Features that take part; the others keep the weight 0. */
  readonly active: readonly boolean[]
  /** Half of it times the squared weights is added to the mean loss. */
  readonly ridge: number
}

const ITERATIONS = 30
const HALVINGS = 12
const ENOUGH = 1e-9

/** The weights that make the right candidates likeliest. */
export function regress(choices: readonly Choice[], fitting: Fitting): Float64Array {
  const size = fitting.signs.length
  let weights = new Float64Array(size)
  const slope = new Float64Array(size)
  const curve = square(size)
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const loss = lossAt(weights, choices, fitting, { slope, curve })
    const isFree = fitting.signs.map(
      (sign, at) => fitting.active[at] === true && !(weights[at]! * sign <= 0 && slope[at]! * sign >= 0),
    )
    const step = solve(curve, slope, isFree)
    const next = descend(weights, step, { loss, choices, fitting })
    if (next === null) break
    weights = next
  }
  return weights
}

function descend(
  weights: Float64Array,
  step: Float64Array,
  { loss, choices, fitting }: { loss: number; choices: readonly Choice[]; fitting: Fitting },
): Float64Array<ArrayBuffer> | null {
  for (let halving = 0, share = 1; halving < HALVINGS; halving++, share /= 2) {
    const next = Float64Array.from(weights, (weight, at) => {
      const value = weight - share * step[at]!
      return value * fitting.signs[at]! < 0 ? 0 : value
    })
    if (lossAt(next, choices, fitting) < loss - ENOUGH) return next
  }
  return null
}

interface Derivatives {
  readonly slope: Float64Array
  readonly curve: readonly Float64Array[]
}

function lossAt(
  weights: Float64Array,
  choices: readonly Choice[],
  { ridge }: Fitting,
  into?: Derivatives,
): number {
  into?.slope.fill(0)
  for (const row of into?.curve ?? []) row.fill(0)
  let loss = 0
  let total = 0
  for (const choice of choices) {
    loss += addChoice(choice, weights, into)
    total += choice.weight
  }
  loss /= total
  for (let at = 0; at < weights.length; at++) {
    loss += (ridge / 2) * weights[at]! ** 2
    if (into === undefined) continue
    into.slope[at] = into.slope[at]! / total + ridge * weights[at]!
    const row = into.curve[at]!
    for (let other = 0; other < weights.length; other++) row[other] = row[other]! / total
    row[at]! += ridge
  }
  return loss
}

/** The loss of one question; its slope and curvature are added where they are wanted. */
function addChoice({ rows, right, weight }: Choice, weights: Float64Array, into?: Derivatives): number {
  const scores = rows.map(row => row.reduce((sum, value, at) => sum + value * weights[at]!, 0))
  const most = Math.max(...scores)
  const chances = scores.map(score => Math.exp(score - most))
  const wrong = chances.reduce((sum, chance, at) => (right[at] ? sum : sum + chance), 0)
  const answers = right.filter(Boolean).length
  const spread = into === undefined ? null : spreadOf(rows, right, chances)
  let loss = 0
  rows.forEach((row, at) => {
    if (!right[at]) return
    const chance = chances[at]! / (chances[at]! + wrong)
    loss -= (weight / answers) * Math.log(Math.max(chance, Number.MIN_VALUE))
    if (into !== undefined && spread !== null)
      addRight(row, chance, { spread, share: weight / answers, into })
  })
  return loss
}

interface Spread {
  readonly mean: Float64Array
  readonly covariance: readonly Float64Array[]
}

/** Mean and covariance of the wrong candidates, each as likely as the weights make it. */
function spreadOf(
  rows: readonly Float64Array[],
  right: readonly boolean[],
  chances: readonly number[],
): Spread {
  const size = rows[0]?.length ?? 0
  const mean = new Float64Array(size)
  const covariance = square(size)
  const total = chances.reduce((sum, chance, at) => (right[at] ? sum : sum + chance), 0)
  rows.forEach((row, at) => {
    if (right[at]) return
    const chance = chances[at]! / total
    for (let one = 0; one < size; one++) {
      mean[one]! += chance * row[one]!
      for (let other = 0; other < size; other++) covariance[one]![other]! += chance * row[one]! * row[other]!
    }
  })
  for (let one = 0; one < size; one++)
    for (let other = 0; other < size; other++) covariance[one]![other]! -= mean[one]! * mean[other]!
  return { mean, covariance }
}

function addRight(
  row: Float64Array,
  chance: number,
  { spread: { mean, covariance }, share, into }: { spread: Spread; share: number; into: Derivatives },
): void {
  for (let one = 0; one < row.length; one++) {
    const away = mean[one]! - row[one]!
    into.slope[one]! += share * (1 - chance) * away
    for (let other = 0; other < row.length; other++) {
      const product = away * (mean[other]! - row[other]!)
      into.curve[one]![other]! += share * (1 - chance) * (covariance[one]![other]! + chance * product)
    }
  }
}

/** Solves for the free ones by Gauss' elimination; the others stay where they are. */
function solve(
  curve: readonly Float64Array[],
  slope: Float64Array,
  isFree: readonly boolean[],
): Float64Array {
  const free = isFree.flatMap((is, at) => (is ? [at] : []))
  const system = free.map(one => [...free.map(other => curve[one]![other]!), slope[one]!])
  const size = free.length
  for (let pivot = 0; pivot < size; pivot++) {
    for (let row = pivot + 1; row < size; row++) {
      const factor = system[row]![pivot]! / system[pivot]![pivot]!
      for (let column = pivot; column <= size; column++)
        system[row]![column]! -= factor * system[pivot]![column]!
    }
  }
  const step = new Float64Array(slope.length)
  for (let row = size - 1; row >= 0; row--) {
    let value = system[row]![size]!
    for (let column = row + 1; column < size; column++) value -= system[row]![column]! * step[free[column]!]!
    step[free[row]!] = value / system[row]![row]!
  }
  return step
}

function square(size: number): Float64Array[] {
  return Array.from({ length: size }, () => new Float64Array(size))
}
