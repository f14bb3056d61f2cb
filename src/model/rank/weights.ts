// Made by bench/fit.ts. Change what it fits, not this file.
import type { Feature } from './features.ts'
import type { WeightSet } from './weighing.ts'

/** When the weights were fitted, and on what. */
export const FITTED = {
  date: '2026-11-22',
  data: 'LoCoMo 26, 30, 41, 42, 43, each by itself and all in one; 150 questions about documents, twice',
} as const

/** What a feature's value counts; those of words and meaning are 1 together. */
export const WEIGHTS: Readonly<Record<WeightSet, Readonly<Partial<Record<Feature, number>>>>> = {
  keyword: {
    words: 1,
  },
  'keyword+priors': {
    words: 1,
    author: 0.706,
    time: 0.4,
    number: 0.214,
    onlyQuestion: -0.141,
    asking: -0.182,
  },
  'keyword+activation': {
    words: 1,
  },
  'keyword+activation+priors': {
    words: 1,
    author: 0.699,
    time: 0.338,
    number: 0.199,
    onlyQuestion: -0.08,
    asking: -0.129,
  },
  dense: {
    words: 0.659,
    dense: 0.341,
  },
  'dense+priors': {
    words: 0.524,
    author: 0.45,
    time: 0.24,
    number: 0.139,
    onlyQuestion: -0.102,
    asking: -0.149,
    dense: 0.476,
  },
  'dense+activation': {
    words: 0.583,
    dense: 0.194,
    activatedDense: 0.222,
  },
  'dense+activation+priors': {
    words: 0.494,
    author: 0.408,
    time: 0.192,
    number: 0.12,
    onlyQuestion: -0.05,
    asking: -0.096,
    dense: 0.276,
    activatedDense: 0.23,
  },
}
