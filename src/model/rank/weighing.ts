/** The linear ranker: a weighted sum of features, with the weights that were fitted for the stages that run. */
import { FEATURES, type FeatureTable } from './features.ts'
import { WEIGHTS } from './weights.ts'

/** Which stages run besides keywords; each choice has weights that were fitted without the others. */
export const WEIGHT_SETS = [
  'keyword',
  'keyword+priors',
  'keyword+activation',
  'keyword+activation+priors',
  'dense',
  'dense+priors',
  'dense+activation',
  'dense+activation+priors',
] as const

export type WeightSet = (typeof WEIGHT_SETS)[number]

interface Running {
  readonly activation: boolean
  readonly dense: boolean
  readonly priors: boolean
}

/** One weight per feature, in the order of FEATURES. */
export function weightsFor({ activation, dense, priors }: Running): Float64Array {
  const set: WeightSet = `${dense ? 'dense' : 'keyword'}${activation ? '+activation' : ''}${priors ? '+priors' : ''}`
  return Float64Array.from(FEATURES, feature => WEIGHTS[set][feature] ?? 0)
}

/** One score a row, above 0, so that factors on it keep their sense. */
export function weigh(table: FeatureTable, weights: Float64Array): Float64Array {
  const scores = new Float64Array(table.length / FEATURES.length)
  for (let row = 0; row < scores.length; row++) {
    let sum = 0
    for (let column = 0; column < FEATURES.length; column++)
      sum += weights[column]! * table[row * FEATURES.length + column]!
    scores[row] = Math.max(sum, Number.EPSILON)
  }
  return scores
}
