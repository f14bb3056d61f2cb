/** Single durable writes of a store beside single commits of bare better-sqlite3. */
import type { Heirloom } from '../src/index.ts'
import type { BareStore } from './bare.ts'
import { type TextSource, textSource } from './text.ts'

const COMMITS = 300
/** Bare commits after which its log has come to its full length of a thousand pages. */
const WARMING = 1500

/**
 * Single durable writes of both in turn, in groups of ten. At first both write-ahead logs grow, and making a file
 * longer is most of what a commit costs; once they are as long as they get, a commit that writes little gains more.
 */
export async function compareCommits(memory: Heirloom, bare: BareStore) {
  const source = textSource(-1)
  const first = await race(memory, bare, source)
  for (let done = 0; done < WARMING; done++) bare.commit(source.next())
  for (let done = 0; done < COMMITS; done++) await memory.remember({ content: source.next() })
  const warm = await race(memory, bare, source)
  return {
    remember_per_s: Math.round((COMMITS / first.ours) * 1000),
    bare_commits_per_s: Math.round((COMMITS / first.theirs) * 1000),
    remember_ratio: ratio(first),
    warm_remember_per_s: Math.round((COMMITS / warm.ours) * 1000),
    warm_bare_commits_per_s: Math.round((COMMITS / warm.theirs) * 1000),
    warm_remember_ratio: ratio(warm),
  }
}

/** Milliseconds that each took for all its commits. */
async function race(memory: Heirloom, bare: BareStore, source: TextSource) {
  let ours = 0
  let theirs = 0
  for (let done = 0; done < COMMITS; done += 10) {
    const texts = Array.from({ length: 20 }, () => source.next())
    const first = performance.now()
    for (const content of texts.slice(0, 10)) await memory.remember({ content })
    const second = performance.now()
    for (const content of texts.slice(10)) bare.commit(content)
    const third = performance.now()
    ours += second - first
    theirs += third - second
  }
  return { ours, theirs }
}

function ratio({ ours, theirs }: { ours: number; theirs: number }): number {
  return Math.round((theirs / ours) * 100) / 100
}
