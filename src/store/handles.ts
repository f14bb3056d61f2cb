/** What a transaction may read and change, for one principal. */
import type { Principal } from '../model/access.ts'
import type { Stamp } from '../model/journal.ts'
import { type Agreement, type AgreementOptions, checkAgreement } from './agreement/agreement.ts'
import { ClaimReader, ClaimWriter } from './claims.ts'
import { ConflictWriter } from './conflict-writer.ts'
import { ConflictReader } from './conflicts.ts'
import { type DigestOptions, type StoreDigest, storeDigest } from './digest/digest.ts'
import { DocumentReader, DocumentWriter } from './documents.ts'
import { EmbeddingQueue, type Queued } from './embedding-queue.ts'
import type { Database, Engine, Stamps } from './engine.ts'
import { EntityReader } from './entities.ts'
import { EntityWriter } from './entity-writer.ts'
import { GraduationReader, GraduationWriter } from './graduations.ts'
import { InteractionReader, InteractionWriter } from './interactions.ts'
import { JournalWriter } from './journal.ts'
import { JournalReader } from './journal-reader.ts'
import { KeywordReader } from './keyword-reader.ts'
import { KeywordWriter } from './keyword-writer.ts'
import { LinkWriter } from './link-writer.ts'
import { LinkReader } from './links.ts'
import { MemoryReader } from './memories.ts'
import { MemoryWriter } from './memory-writer.ts'
import { MentionWriter } from './mention-writer.ts'
import { MentionReader } from './mentions.ts'
import { PackReader } from './packs.ts'
import { PinReader, PinWriter } from './pins.ts'
import { PreferenceReader, PreferenceWriter } from './preferences.ts'
import { ProjectReader, ProjectWriter } from './projects.ts'
import { RelationshipWriter } from './relationship-writer.ts'
import { RelationshipReader } from './relationships.ts'
import { RunReader } from './runs.ts'
import { SettingReader } from './settings.ts'
import { SpaceReader, SpaceWriter } from './spaces.ts'
import { StrengthReader, StrengthWriter } from './strengths.ts'
import { Undoer } from './undoing.ts'
import { VectorReader } from './vectors.ts'

export interface ReadHandle {
  readonly memories: MemoryReader
  readonly links: LinkReader
  readonly entities: EntityReader
  readonly relationships: RelationshipReader
  readonly graduations: GraduationReader
  readonly mentions: MentionReader
  readonly claims: ClaimReader
  readonly conflicts: ConflictReader
  readonly documents: DocumentReader
  readonly projects: ProjectReader
  readonly pins: PinReader
  readonly strengths: StrengthReader
  readonly packs: PackReader
  readonly interactions: InteractionReader
  readonly preferences: PreferenceReader
  readonly journal: JournalReader
  readonly keyword: KeywordReader
  readonly settings: SettingReader
  readonly runs: RunReader
  readonly spaces: SpaceReader
  readonly vectors: VectorReader
  /** Proves that rows and what is derived from them agree. Reads everything. */
  readonly checkAgreement: (options: AgreementOptions) => Promise<Agreement>
  /** Hashes all that the store holds, whosever it is. Reads everything. */
  readonly digest: (options?: DigestOptions) => Promise<StoreDigest>
}

export interface WriteHandle {
  readonly memories: MemoryWriter
  readonly links: LinkWriter
  readonly entities: EntityWriter
  readonly relationships: RelationshipWriter
  readonly graduations: GraduationWriter
  readonly mentions: MentionReader
  readonly claims: ClaimReader
  readonly conflicts: ConflictWriter
  readonly documents: DocumentWriter
  readonly projects: ProjectWriter
  readonly pins: PinWriter
  readonly strengths: StrengthWriter
  readonly packs: PackReader
  readonly interactions: InteractionWriter
  readonly preferences: PreferenceWriter
  readonly journal: JournalReader
  readonly keyword: KeywordReader
  readonly settings: SettingReader
  readonly spaces: SpaceWriter
  readonly vectors: VectorReader
  readonly undo: Undoer
  /** What is changed during the work has this note in the journal, in the place of the stamp's. */
  readonly because: <T>(note: string, work: () => Promise<T>) => Promise<T>
}

interface Asking {
  readonly engine: Engine
  readonly principal: Principal
  /** ISO 8601, UTC, milliseconds. */
  readonly now: string
}

export function readHandle(db: Database, { engine, principal, now }: Asking): ReadHandle {
  return {
    memories: new MemoryReader(db, principal, engine),
    links: new LinkReader(db, principal, engine),
    entities: new EntityReader(db, principal, engine),
    relationships: new RelationshipReader(db, principal, engine),
    graduations: new GraduationReader(db, principal),
    mentions: new MentionReader(db, principal, engine),
    claims: new ClaimReader(db, principal, engine),
    conflicts: new ConflictReader(db, principal, { engine, now }),
    documents: new DocumentReader(db, principal),
    projects: new ProjectReader(db, principal),
    pins: new PinReader(db, principal, engine),
    strengths: new StrengthReader(db, principal, engine),
    packs: new PackReader(db, principal),
    interactions: new InteractionReader(db, principal, engine),
    preferences: new PreferenceReader(db, principal),
    journal: new JournalReader(db, principal),
    keyword: new KeywordReader(db, engine, principal),
    settings: new SettingReader(db, principal, engine),
    runs: new RunReader(db),
    spaces: new SpaceReader(db, principal, engine),
    vectors: new VectorReader(db, principal, engine),
    checkAgreement: options => checkAgreement(db, { principal, engine }, options),
    digest: async options => storeDigest(db, await engine.tableNames(db), options),
  }
}

interface Changing extends Omit<Asking, 'now'> {
  readonly stamp: Stamp
  readonly stamps: Stamps | null
  readonly salt: () => string
  readonly newId: () => string
}

export interface Writing {
  readonly tx: WriteHandle
  /** Does what follows from the work, and chains all that was changed. Gives its receipt; null where nothing was. */
  readonly finish: () => Promise<string | null>
  /** Brings totals up to date that all writers share, as the very last. @returns what it left to be embedded. */
  readonly end: () => Promise<Queued | null>
}

export function writing(db: Database, changing: Changing): Writing {
  const { engine, principal, stamp } = changing
  const now = stamp.at
  const journal = new JournalWriter(db, engine, changing)
  const keyword = new KeywordWriter(db, engine, principal)
  const links = new LinkWriter(db, principal, engine, { journal, now })
  const claims = new ClaimWriter(db, principal, engine)
  const mentions = new MentionWriter(db, principal, engine)
  const embeddings = new EmbeddingQueue(db, engine, principal)
  const { newId } = changing
  const conflicts = new ConflictWriter(db, principal, { engine, now, journal, claims, newId })
  const records = {
    memories: new MemoryWriter(db, principal, {
      engine,
      journal,
      keyword,
      links,
      claims,
      mentions,
      embeddings,
    }),
    links,
    entities: new EntityWriter(db, principal, { engine, journal, keyword, claims, mentions, embeddings }),
    relationships: new RelationshipWriter(db, principal, { engine, journal }),
    graduations: new GraduationWriter(db, principal, journal),
    conflicts,
    projects: new ProjectWriter(db, principal, journal, now),
    pins: new PinWriter(db, principal, { engine, journal }),
    strengths: new StrengthWriter(db, principal, { engine, journal }),
    packs: new PackReader(db, principal),
    interactions: new InteractionWriter(db, principal, { engine, journal }),
    preferences: new PreferenceWriter(db, principal, { journal, now }),
    spaces: new SpaceWriter(db, principal, { engine, journal }),
    journal: new JournalReader(db, principal),
  }
  const undoer = new Undoer(records, { db, engine, tenant_id: principal.tenant_id, now, noting: journal })
  const tx: WriteHandle = {
    ...records,
    mentions,
    claims,
    documents: new DocumentWriter(db, principal, engine, journal),
    keyword: new KeywordReader(db, engine, principal),
    settings: new SettingReader(db, principal, engine),
    vectors: new VectorReader(db, principal, engine),
    undo: undoer,
    because: (note, work) => journal.during({ note }, work),
  }
  const finish = async () => {
    await links.flush()
    await conflicts.settle()
    await conflicts.closeExpired()
    await journal.flush()
    return journal.receipt
  }
  const end = async () => {
    await keyword.flush()
    return embeddings.flush()
  }
  return { tx, finish, end }
}
