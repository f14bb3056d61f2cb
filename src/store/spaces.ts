/** The embedding spaces of a tenant, one of which is the default for recall. */
import { sql } from 'kysely'
import type { Principal } from '../model/access.ts'
import { HeirloomError } from '../model/errors.ts'
import type { Space, SpaceDescription, SpaceId } from '../model/space.ts'
import { demandEmbedding, dropDemand } from './embedding-demand.ts'
import { noteEmbeddingProblem } from './embedding-problem.ts'
import type { Database, Engine } from './engine.ts'
import type { JournalWriter } from './journal.ts'
import { lockName } from './row-locks.ts'
import { setStoreSetting, storeSetting } from './store-settings.ts'
import { dropIndexNames } from './vector-epoch.ts'
import type { SpaceTable } from './vector-tables.ts'

export interface NewSpace extends SpaceDescription {
  readonly id: SpaceId
  readonly name: string
  /** What the provider gave for the known text: 16-bit floats, little-endian. */
  readonly probe: Uint8Array | null
  readonly noise: number
  readonly is_default: boolean
  readonly created_at: string
}

/** What an entry of the journal tells of a space: all of it where it came or went, else whether recall goes by it. */
export interface SpaceSides {
  readonly before: Partial<Space> | null
  readonly after: Partial<Space> | null
}

/** The setting that keeps the greatest number that a space ever had. */
const NUMBERS = 'space_numbers'

export class SpaceReader {
  protected readonly db: Database
  protected readonly principal: Principal
  protected readonly engine: Engine

  constructor(db: Database, principal: Principal, engine: Engine) {
    this.db = db
    this.principal = principal
    this.engine = engine
  }

  /** In the order in which they were added. */
  all(): Promise<Space[]> {
    return spacesOf(this.db, this.engine, this.principal.tenant_id)
  }

  async default(): Promise<Space | null> {
    return (await this.all()).find(({ is_default }) => is_default) ?? null
  }

  async find(name: string): Promise<Space | null> {
    return (await this.all()).find(space => space.name === name) ?? null
  }

  /** @throws NOT_FOUND naming those that there are. */
  async mustFind(name: string): Promise<Space> {
    const spaces = await this.all()
    const found = spaces.find(space => space.name === name)
    if (found !== undefined) return found
    const names = spaces.map(space => space.name).join(', ')
    throw new HeirloomError(
      'NOT_FOUND',
      `There is no space named "${name}". ${names === '' ? 'There is none yet. Add one: heirloom space add static' : `There are: ${names}.`}`,
    )
  }

  /** What the provider gave for the known text when the space was added; null where that was not kept. */
  async probe({ id }: Pick<Space, 'id'>): Promise<Uint8Array | null> {
    const row = await this.db
      .selectFrom('spaces')
      .select('probe')
      .where('tenant_id', '=', this.principal.tenant_id)
      .where('id', '=', id)
      .executeTakeFirst()
    return row?.probe ?? null
  }
}

/** Asked for at every write and every recall, so it is one statement that is compiled once. */
export async function spacesOf(db: Database, engine: Engine, tenantId: string): Promise<Space[]> {
  const rows = await engine.statements.run(db, 'spaces', () => spacesQuery(db), [tenantId])
  return rows.map(toSpace)
}

function spacesQuery(db: Database) {
  return db.selectFrom('spaces').select(COLUMNS).where('tenant_id', '=', '').orderBy('number')
}

const COLUMNS = [
  'id',
  'number',
  'name',
  'provider',
  'model',
  'dimensions',
  'pooling',
  'normalised',
  'query_prefix',
  'document_prefix',
  'digest',
  'noise',
  'is_default',
  'created_at',
] as const

function toSpace(row: Pick<SpaceTable, (typeof COLUMNS)[number]>): Space {
  const { id, normalised, is_default, ...rest } = row
  return { ...rest, id: id as SpaceId, normalised: normalised === 1, is_default: is_default === 1 }
}

export class SpaceWriter extends SpaceReader {
  readonly #journal: JournalWriter

  constructor(
    db: Database,
    principal: Principal,
    { engine, journal }: { engine: Engine; journal: JournalWriter },
  ) {
    super(db, principal, engine)
    this.#journal = journal
  }

  /** Keeps others from changing which spaces there are, until this transaction ends. */
  async lock(): Promise<void> {
    const { db, engine, principal } = this
    await lockName({ db, engine, tenant_id: principal.tenant_id }, 'spaces')
  }

  /** @throws CONFLICT where the name is taken. */
  async add(space: NewSpace): Promise<Space> {
    if ((await this.find(space.name)) !== null) {
      throw new HeirloomError(
        'CONFLICT',
        `There is a space named "${space.name}" already. Give this one another name: --name <name>`,
      )
    }
    const { probe, is_default, normalised, ...rest } = space
    const number = await this.#nextNumber()
    const row = { ...rest, number, normalised: normalised ? 1 : 0, is_default: is_default ? 1 : 0, probe }
    if (is_default) await this.#unsetDefault()
    await this.db
      .insertInto('spaces')
      .values({ tenant_id: this.principal.tenant_id, ...row })
      .execute()
    const added: Space = { ...rest, number, normalised, is_default }
    this.#journal.record('space', space.name, null, { ...added })
    return added
  }

  /** None is ever given again: who still works for a space that is gone must not meet another one. */
  async #nextNumber(): Promise<number> {
    const greatest = await this.db
      .selectFrom('spaces')
      .select(eb => eb.fn.max<number>('number').as('number'))
      .executeTakeFirst()
    const given = Number((await storeSetting(this.db, NUMBERS)) ?? 0)
    const next = Math.max(greatest?.number ?? 0, given) + 1
    await setStoreSetting(this.db, NUMBERS, String(next))
    return next
  }

  /** Has everything embedded in it that was there before it. */
  demand({ number }: Space): Promise<void> {
    return demandEmbedding(this.db, number)
  }

  /** Its vectors and what waits for them go with it. */
  async drop(space: Space): Promise<void> {
    await dropDemand(this.db, space.number)
    await dropIndexNames(this.db, space.id)
    await noteEmbeddingProblem(this.db, space.number, null)
    await this.db
      .deleteFrom('spaces')
      .where('tenant_id', '=', this.principal.tenant_id)
      .where('id', '=', space.id)
      .execute()
    this.#journal.record('space', space.name, { ...space }, null)
  }

  /** Null has recall go by words alone. */
  async setDefault(space: Space | null): Promise<void> {
    const before = await this.default()
    if (before?.id === space?.id) return
    await this.#unsetDefault()
    if (space !== null) {
      await this.db
        .updateTable('spaces')
        .set({ is_default: 1 })
        .where('tenant_id', '=', this.principal.tenant_id)
        .where('id', '=', space.id)
        .execute()
    }
    const told = (is_default: boolean) => ({ is_default })
    if (before !== null) this.#journal.record('space', before.name, told(true), told(false))
    if (space !== null) this.#journal.record('space', space.name, told(false), told(true))
  }

  /**
   * Makes a space what it was before an entry of the journal. One that was dropped comes back without its vectors, which
   * are made again.
   */
  async takeBack(name: string, { before, after }: SpaceSides): Promise<void> {
    if (after === null) {
      const { number: _number, ...space } = before as Space
      const is_default = space.is_default && (await this.default()) === null
      return this.demand(await this.add({ ...space, probe: null, is_default }))
    }
    const space = await this.mustFind(name)
    if (before === null) return this.drop(space)
    if (before.is_default) return this.setDefault(space)
    if (space.is_default) await this.setDefault(null)
  }

  async #unsetDefault(): Promise<void> {
    await this.db
      .updateTable('spaces')
      .set({ is_default: 0 })
      .where('tenant_id', '=', this.principal.tenant_id)
      .where('is_default', '=', sql.lit(1))
      .execute()
  }
}
