/** Weights for each choice of stages, and how well they rank what they were not fitted on. */
import { FEATURES, type Feature } from '../../src/model/rank/features.ts'
import { WEIGHT_SETS, type WeightSet } from '../../src/model/rank/weighing.ts'
import { type Score, scoreOf } from '../recalled.ts'
import type { Candidates, Example, Legs } from './examples.ts'
import { type Choice, regress } from './logistic.ts'

export type Weights = Readonly<Record<WeightSet, Float64Array>>

/** Half of it times the squared weights is added to the loss: they are few, and far from its flat end. */
const RIDGE = 0.01

/** Of each question so many candidates with the most words and so many of the nearest stand against the right ones. */
const MOST_WORDS = 100
const NEAREST = 50

const DIGITS = 3

/** What sense demands of a weight. */
const SIGNS: Readonly<Record<Feature, 1 | -1>> = {
  words: 1,
  author: 1,
  time: 1,
  number: 1,
  onlyQuestion: -1,
  asking: -1,
  dense: 1,
  activatedDense: 1,
}

/** The features that carry relevance by themselves. */
const BASE: readonly Feature[] = ['words', 'dense', 'activatedDense']

/** Weights of all examples, as they are shipped. */
export function fitSets(examples: readonly Example[]): Weights {
  const fitted = WEIGHT_SETS.map(set => [set, fitSet(examples, set)] as const)
  return Object.fromEntries(fitted) as unknown as Weights
}

/** Each example ranked by weights that were fitted without its fold. */
export function heldOut(examples: readonly Example[], set: WeightSet): { example: Example; score: Score }[] {
  const folds = [...new Set(examples.map(({ fold }) => fold))]
  return folds.flatMap(fold => {
    const weights = fitSet(
      examples.filter(example => example.fold !== fold),
      set,
    )
    return examples
      .filter(example => example.fold === fold)
      .map(example => ({ example, score: scoreOf(ranksBy(weights, example.candidates[legsOf(set)])) }))
  })
}

function fitSet(examples: readonly Example[], set: WeightSet): Float64Array {
  const choices = examples.flatMap(example => toChoice(example, legsOf(set)))
  const raw = regress(choices, {
    signs: FEATURES.map(feature => SIGNS[feature]),
    active: FEATURES.map(feature => set.endsWith('priors') || BASE.includes(feature)),
    ridge: RIDGE,
  })
  const total = BASE.reduce((sum, feature) => sum + raw[FEATURES.indexOf(feature)]!, 0)
  return raw.map(value => Number((value / total).toFixed(DIGITS)))
}

function legsOf(set: WeightSet): Legs {
  return set.replace('+priors', '') as Legs
}

function toChoice({ candidates, weight }: Example, legs: Legs): Choice[] {
  const { rows, evidence } = candidates[legs]
  const right = new Set(evidence.filter(row => row >= 0))
  if (right.size === 0) return []
  const kept = [
    ...new Set([...right, ...largest(rows, 'words', MOST_WORDS), ...largest(rows, 'dense', NEAREST)]),
  ]
  return [{ rows: kept.map(row => rows[row]!), right: kept.map(row => right.has(row)), weight }]
}

function largest(rows: readonly Float64Array[], feature: Feature, count: number): number[] {
  const column = FEATURES.indexOf(feature)
  return [...rows.keys()].sort((a, b) => rows[b]![column]! - rows[a]![column]! || a - b).slice(0, count)
}

function ranksBy(weights: Float64Array, { rows, evidence }: Candidates): number[] {
  const scores = rows.map(row => row.reduce((sum, value, at) => sum + value * weights[at]!, 0))
  const order = [...rows.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b)
  const ranks = new Map(order.map((row, place) => [row, place + 1]))
  return evidence.map(row => ranks.get(row) ?? Number.POSITIVE_INFINITY)
}
