/** The file that ranking reads its weights from. */
import { FEATURES } from '../../src/model/rank/features.ts'
import { WEIGHT_SETS, type WeightSet } from '../../src/model/rank/weighing.ts'

interface Fitted {
  /** YYYY-MM-DD. */
  readonly date: string
  /** What was fitted on, in one line. */
  readonly data: string
  readonly weights: Readonly<Record<WeightSet, Float64Array>>
}

export function toWeightsFile({ date, data, weights }: Fitted): string {
  const sets = WEIGHT_SETS.map(set => {
    const entries = FEATURES.flatMap((feature, at) =>
      weights[set][at] === 0 ? [] : [`    ${feature}: ${weights[set][at]},`],
    )
    return `  ${/^\w+$/.test(set) ? set : `'${set}'`}: {\n${entries.join('\n')}\n  },`
  })
  return `// Made by bench/fit.ts. Change what it fits, not this file.
import type { Feature } from './features.ts'
import type { WeightSet } from './weighing.ts'

/** When the weights were fitted, and on what. */
export const FITTED = {
  date: '${date}',
  data: '${data}',
} as const

/** What a feature's value counts; those of words and meaning are 1 together. */
export const WEIGHTS: Readonly<Record<WeightSet, Readonly<Partial<Record<Feature, number>>>>> = {
${sets.join('\n')}
}
`
}
