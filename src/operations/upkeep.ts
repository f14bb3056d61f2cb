/** The port of operations that look after a store as a whole, also one that this build cannot open yet. */
import type { SnapshotKind } from '../evolve/snapshot/folder.ts'
import type { Manifest } from '../evolve/snapshot/manifest.ts'
import type { Progress, Surroundings } from '../evolve/surroundings.ts'
import type { SnapshotTaker } from '../evolve/upgrade.ts'
import type { StoreDigest } from '../store/digest/digest.ts'
import type { Engine } from '../store/engine.ts'
import type { Store } from '../store/store.ts'

export interface Call {
  readonly signal?: AbortSignal | undefined
  readonly progress?: ((progress: Progress) => void) | undefined
}

export interface TakeOptions {
  readonly call?: Call
  readonly dir?: string | undefined
  readonly kind: SnapshotKind
  readonly tag?: string | undefined
  readonly reason?: string | undefined
}

export interface Place {
  /** For people: an absolute path or a URL without its password. */
  readonly location: string
  /** The SQLite file; null where an address names none. */
  readonly file: string | null
}

export interface Upkeep {
  readonly surroundings: (call?: Call) => Surroundings
  /** Where an address leads, by default the caller's, without looking what is there. */
  readonly locate: (address?: string) => Place
  /** The folder of the caller's snapshots, whether the store is there or not; `dir` where the caller names one. */
  readonly folder: (dir?: string) => string
  /** What is at an address, by default the caller's, without asking whether it fits. The caller closes it. */
  readonly connect: (address?: string) => Promise<Engine>
  /** As `connect`, also where nothing is yet. */
  readonly reach: (address: string) => Promise<Engine>
  /**
   * Another store, as it is: neither made nor changed for it. The caller closes it.
   * @throws SCHEMA_OUTDATED, SCHEMA_TOO_NEW and what else opening refuses.
   */
  readonly openOther: (address: string) => Promise<Store>
  /** Takes a snapshot that was read back and found equal. */
  readonly takeSnapshot: (engine: Engine, options: TakeOptions) => Promise<Manifest>
  /** Takes what is there before a store is changed; null for a store that lives in memory. */
  readonly taker: (engine: Engine, call?: Call) => SnapshotTaker | null
  /** Of a database file that is no store of the caller's, such as a copy. */
  readonly digestOfFile: (file: string) => Promise<StoreDigest>
}
