/**
 * Keeps edges from memories to the entities whose names stand in their text. They are derived: made when a memory is
 * written, and again for the memories in question when a name comes or goes.
 */
import type { Memory } from '../model/memory.ts'
import { candidatesAt, findMentions, headsOf, type Word, wordsOf } from '../model/mention.ts'
import type { EdgeTable } from './knowledge-tables.ts'
import { type Entry, type Mentioning, MentionReader } from './mentions.ts'
import { lockName, relyOnName } from './row-locks.ts'

/** Memories of which the text is read at once. */
const READ = 200

/**
 * So many memories at the most are looked through in the transaction that brings a name, newest first. Where there are
 * more, the rest wait for the index of mentions to be made anew.
 */
const AT_ONCE = 10_000

/** A row, as it can be inserted. */
type Edge = Pick<EdgeTable, keyof EdgeTable>

/** What writers of texts rely on, and writers of names take: else each might miss what the other is about to write. */
const NAMES = 'names in texts'

export class MentionWriter extends MentionReader {
  #relies = false

  /** Finds what new or changed memories mention. */
  async followMemories(
    memories: readonly Mentioning[],
    { isNew }: { readonly isNew: boolean },
  ): Promise<void> {
    if (memories.length === 0) return
    if (!this.#relies) await relyOnName(this.#locking, NAMES)
    this.#relies = true
    if (!isNew) await this.#drop(memories.map(({ id }) => id))
    await this.engine.statements.insert(this.db, 'edges', await this.edgesOf(memories))
  }

  /** Whether a change of a memory can change what it mentions. */
  static isAffected(before: Memory, next: Memory): boolean {
    return before.content !== next.content || before.title !== next.title || before.project !== next.project
  }

  get #locking() {
    const { db, engine, principal } = this
    return { db, engine, tenant_id: principal.tenant_id }
  }

  async drop(memoryId: string): Promise<void> {
    await this.#drop([memoryId])
  }

  /** After names of an entity came or went: looks anew at the memories that mentioned it or hold one of the names. */
  async followNames(entityId: string, names: readonly string[]): Promise<void> {
    this.namesChanged()
    await lockName(this.#locking, NAMES)
    const before = await this.mentioning(entityId, AT_ONCE)
    const ids = new Set(before)
    for (const name of names) {
      for (const id of await this.holding(name, AT_ONCE - ids.size + 1)) ids.add(id)
      if (ids.size > AT_ONCE) {
        await this.#demandRebuild()
        break
      }
    }
    const wanted = [...ids]
    for (let start = 0; start < wanted.length; start += READ) {
      const memories = await this.texts(wanted.slice(start, start + READ))
      await this.followMemories(memories, { isNew: false })
    }
  }

  /** The edges that memories should have, as rows. */
  async edgesOf(memories: readonly Mentioning[]): Promise<Edge[]> {
    if (!(await this.hasNames())) return []
    const texts = memories.map(memory => {
      const text = textOf(memory)
      return { memory, text, words: wordsOf(text) }
    })
    const lengths = await this.lengths(new Set(texts.flatMap(({ words }) => [...headsOf(words)])))
    if (lengths.size === 0) return []
    const names = await this.names(new Set(texts.flatMap(({ words }) => [...candidatesAt(words, lengths)])))
    if (names.size === 0) return []
    return texts.flatMap(({ memory, text, words }) => this.#edgesIn(memory, { text, words, lengths, names }))
  }

  #edgesIn(
    memory: Mentioning,
    {
      text,
      words,
      lengths,
      names,
    }: {
      readonly text: string
      readonly words: readonly Word[]
      readonly lengths: ReadonlyMap<string, readonly number[]>
      readonly names: ReadonlyMap<string, readonly Entry[]>
    },
  ) {
    const counts = new Map<string, number>()
    for (const { entries } of findMentions(text, words, lengths, names)) {
      for (const { entity_id } of meant(entries, memory))
        counts.set(entity_id, (counts.get(entity_id) ?? 0) + 1)
    }
    const { tenant_id } = this.principal
    return [...counts].map(([target_id, weight]) => ({
      tenant_id,
      source_id: memory.id,
      type: 'mentions',
      target_id,
      weight,
    }))
  }

  async #drop(ids: readonly string[]): Promise<void> {
    await this.db
      .deleteFrom('edges')
      .where('tenant_id', '=', this.principal.tenant_id)
      .where('source_id', 'in', ids)
      .where('type', '=', 'mentions')
      .execute()
  }

  /** The next opening that may write fills it. */
  async #demandRebuild(): Promise<void> {
    await this.db.updateTable('artefacts').set({ needs_rebuild: 1 }).where('name', '=', 'mentions').execute()
  }
}

/** What is searched for names. */
function textOf({ title, content }: Pick<Memory, 'title' | 'content'>): string {
  return title === null ? content : `${title}\n${content}`
}

/**
 * Whom a name means in a memory: entities of its own project before those of none. One of another project is meant
 * only by a memory that is of no project.
 */
function meant(entries: readonly Entry[], { project, owner_user_id }: Mentioning): readonly Entry[] {
  const mine = entries.filter(entry => entry.owner_user_id === owner_user_id)
  const own = mine.filter(entry => entry.project === project)
  if (own.length > 0 || project === null) return own.length > 0 ? own : mine
  return mine.filter(entry => entry.project === null)
}
