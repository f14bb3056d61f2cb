/** What is said while a derived part is being made anew. */
import { ARTEFACTS } from '../store/artefacts/artefact.ts'
import type { Unfinished } from '../store/settings.ts'
import type { ReadHandle } from '../store/store.ts'

/** How far each has come, and what may be missing for that. */
export function unfinishedNotices(unfinished: readonly Unfinished[], consequence: string): string[] {
  return unfinished.map(part => `${toProgress(part)}: ${consequence}`)
}

export function toProgress({ name, done, total }: Unfinished): string {
  const title = ARTEFACTS.find(artefact => artefact.name === name)?.title ?? name
  const [reached, all] = [done, Math.max(done, total)].map(number => number.toLocaleString('en'))
  return `The ${title} is being rebuilt (${reached} of ${all} ${name === 'names' ? 'entities' : 'memories'})`
}

type Reading = Pick<ReadHandle, 'settings'>

/** What a search may miss for now. */
export async function searchNotices(tx: Reading): Promise<string[]> {
  const unfinished = await tx.settings.unfinished('keyword', 'mentions')
  return unfinished.flatMap(part =>
    unfinishedNotices([part], CONSEQUENCES[part.name as keyof typeof CONSEQUENCES]),
  )
}

/** What may be missing of the memories that mention something, or of what they mention. */
export async function mentionNotices(tx: Reading): Promise<string[]> {
  return unfinishedNotices(await tx.settings.unfinished('mentions'), CONSEQUENCES.mentions)
}

// What a change of names leaves to do waits for the next opening, which in a process that serves may be far.
const CONSEQUENCES = {
  keyword: 'older memories may be missing here.',
  mentions:
    'what mentions what may be out of date here. If the number stays the same: heirloom doctor --repair',
} as const
