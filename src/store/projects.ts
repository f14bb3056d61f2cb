/** Projects: a canonical name each, with aliases that lead to it. */
import { sql } from 'kysely'
import type { Principal } from '../model/access.ts'
import { canonicalJson } from '../model/digest.ts'
import { HeirloomError } from '../model/errors.ts'
import { canonicalProject, nearProjects } from '../model/project.ts'
import type { Database } from './engine.ts'
import type { JournalWriter } from './journal.ts'
import type { JournalPayload } from './journal-reader.ts'

export interface ProjectSummary {
  readonly name: string
  readonly aliases: readonly string[]
  readonly memories: number
  readonly created_at: string
  readonly settings: ProjectSettings
}

/** What a project asks for. What is absent is as usual. */
export interface ProjectSettings {
  /** Whose writes wait for a person's review. */
  readonly review?: 'agents' | 'none'
  /** Whether slots are read from simple sentences. */
  readonly read_slots?: boolean
}

export class ProjectReader {
  protected readonly db: Database
  protected readonly principal: Principal

  constructor(db: Database, principal: Principal) {
    this.db = db
    this.principal = principal
  }

  /** The canonical name that a name or alias leads to, or null where nothing has it yet. */
  async resolve(name: string): Promise<string | null> {
    const canonical = canonicalProject(name)
    const { tenant_id } = this.principal
    const found = await this.db
      .selectFrom('projects')
      .select('name')
      .where('tenant_id', '=', tenant_id)
      .where('name', '=', canonical)
      .unionAll(
        this.db
          .selectFrom('project_aliases')
          .select('name')
          .where('tenant_id', '=', tenant_id)
          .where('alias', '=', canonical),
      )
      .executeTakeFirst()
    return found?.name ?? null
  }

  /** What holds for a project, by its canonical name, or for what is in none: its own settings before the store's. */
  async settings(name: string | null): Promise<ProjectSettings> {
    const { tenant_id } = this.principal
    const rows = await this.db
      .selectFrom('preferences')
      .select(['name', 'value'])
      .where('tenant_id', '=', tenant_id)
      .where('name', 'in', ['review', 'read_slots'])
      .unionAll(
        this.db
          .selectFrom('projects')
          .select([sql.lit('own').as('name'), 'settings as value'])
          .where('tenant_id', '=', tenant_id)
          .where('name', '=', name ?? ''),
      )
      .execute()
    const stores = rows
      .filter(row => row.name !== 'own')
      .map(row => [row.name, JSON.parse(row.value) as unknown])
    const own = rows.find(row => row.name === 'own')
    return {
      ...(Object.fromEntries(stores) as ProjectSettings),
      ...(own === undefined ? {} : toSettings(own.value)),
    }
  }

  /** What a project asks for itself. */
  async ownSettings(name: string): Promise<ProjectSettings> {
    const row = await this.db
      .selectFrom('projects')
      .select('settings')
      .where('tenant_id', '=', this.principal.tenant_id)
      .where('name', '=', name)
      .executeTakeFirst()
    return row === undefined ? {} : toSettings(row.settings)
  }

  async names(): Promise<string[]> {
    const rows = await this.db
      .selectFrom('projects')
      .select('name')
      .where('tenant_id', '=', this.principal.tenant_id)
      .orderBy('name')
      .execute()
    return rows.map(row => row.name)
  }

  async list(): Promise<ProjectSummary[]> {
    const { tenant_id, user_id } = this.principal
    const [projects, aliases, counts] = await Promise.all([
      this.db
        .selectFrom('projects')
        .select(['name', 'created_at', 'settings'])
        .where('tenant_id', '=', tenant_id)
        .orderBy('name')
        .execute(),
      this.db
        .selectFrom('project_aliases')
        .select(['alias', 'name'])
        .where('tenant_id', '=', tenant_id)
        .orderBy('alias')
        .execute(),
      this.db
        .selectFrom('memories')
        .select(['project', eb => eb.fn.countAll<number>().as('count')])
        .where('tenant_id', '=', tenant_id)
        .where('owner_user_id', '=', user_id)
        .where('project', 'is not', null)
        .groupBy('project')
        .execute(),
    ])
    return projects.map(({ name, created_at, settings }) => ({
      name,
      aliases: aliases.filter(alias => alias.name === name).map(alias => alias.alias),
      memories: Number(counts.find(row => row.project === name)?.count ?? 0),
      created_at,
      settings: toSettings(settings),
    }))
  }

  /** @throws NOT_FOUND offering the names that may have been meant. */
  async mustResolve(name: string): Promise<string> {
    const project = await this.resolve(name)
    if (project !== null) return project
    const near = nearProjects(canonicalProject(name), await this.names())
    const hint = near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : ''
    throw new HeirloomError(
      'NOT_FOUND',
      `There is no project "${name}".${hint} See which there are: heirloom project list`,
    )
  }
}

export class ProjectWriter extends ProjectReader {
  readonly #journal: JournalWriter
  readonly #now: string

  constructor(db: Database, principal: Principal, journal: JournalWriter, now: string) {
    super(db, principal)
    this.#journal = journal
    this.#now = now
  }

  /** The canonical name, made now if nothing had it; `near` then names those that may have been meant. */
  async ensure(name: string): Promise<{ name: string; near: string[] }> {
    const known = await this.resolve(name)
    if (known !== null) return { name: known, near: [] }
    const canonical = canonicalProject(name)
    const near = nearProjects(canonical, await this.names())
    const row = { tenant_id: this.principal.tenant_id, name: canonical, created_at: this.#now }
    const { numInsertedOrUpdatedRows } = await this.db
      .insertInto('projects')
      .values({ ...row, description: null, status: 'active', settings: '{}' })
      .onConflict(conflict => conflict.doNothing())
      .executeTakeFirstOrThrow()
    if (numInsertedOrUpdatedRows === 1n) this.#journal.record('project', canonical, null, { name: canonical })
    return { name: canonical, near }
  }

  /** Makes `alias` lead to the project that `name` leads to. */
  async alias(name: string, alias: string): Promise<{ name: string; alias: string }> {
    const project = await this.mustResolve(name)
    const wanted = canonicalProject(alias)
    const taken = await this.resolve(wanted)
    if (taken === project) return { name: taken, alias: wanted }
    if (taken !== null) {
      const what = taken === wanted ? 'a project of its own' : `an alias of ${taken}`
      throw new HeirloomError('INVALID_INPUT', `"${wanted}" is ${what} already. Choose another alias.`)
    }
    const row = {
      tenant_id: this.principal.tenant_id,
      alias: wanted,
      name: project,
      created_at: this.#now,
    }
    await this.db.insertInto('project_aliases').values(row).execute()
    this.#journal.record('project', project, null, { alias: wanted })
    return { name: project, alias: wanted }
  }

  /** Changes what is given of a project's settings and leaves the rest. */
  async set(name: string, settings: ProjectSettings): Promise<{ name: string; settings: ProjectSettings }> {
    const project = await this.mustResolve(name)
    const before = await this.ownSettings(project)
    const after = { ...before, ...settings }
    if (canonicalJson(before) === canonicalJson(after)) return { name: project, settings: before }
    await this.#put(project, after)
    this.#journal.record('project', project, { settings: before }, { settings: after })
    return { name: project, settings: after }
  }

  async #put(name: string, settings: ProjectSettings): Promise<void> {
    await this.db
      .updateTable('projects')
      .set({ settings: canonicalJson(settings) })
      .where('tenant_id', '=', this.principal.tenant_id)
      .where('name', '=', name)
      .execute()
  }

  /**
   * Takes back that a project or an alias was made, that settings were changed, or that this was taken back. A project
   * that is in use stays.
   * @returns a notice about what was left.
   */
  async takeBack(name: string, payload: JournalPayload): Promise<string[]> {
    const { kept } = payload
    const [before, after] = [payload.before as ToldProject | null, payload.after as ToldProject | null]
    if (before?.settings !== undefined) {
      await this.#put(name, before.settings)
      this.#journal.record('project', name, after, before)
      return []
    }
    const { alias } = (after ?? before)!
    const table = alias === undefined ? 'projects' : 'project_aliases'
    if (after === null) return this.#putBack(name, { table, told: before!, row: kept })
    if (alias === undefined && (await this.#isUsed(name))) {
      return [`Project "${name}" was made with it and is in use meanwhile, so it stays.`]
    }
    const row = await this.db
      .deleteFrom(table)
      .where('tenant_id', '=', this.principal.tenant_id)
      .where(alias === undefined ? 'name' : ('alias' as 'name'), '=', alias ?? name)
      .returningAll()
      .executeTakeFirst()
    if (row !== undefined) this.#journal.record('project', name, after, null, { kept: row })
    return []
  }

  /** Somebody may have made it again since; then that one is the one. */
  async #putBack(
    name: string,
    { table, told, row }: { table: 'projects' | 'project_aliases'; told: ToldProject; row: unknown },
  ): Promise<string[]> {
    const holder = await this.resolve(told.alias ?? name)
    if (holder === name) return []
    if (holder !== null || (told.alias !== undefined && (await this.resolve(name)) !== name)) {
      throw new HeirloomError(
        'CONFLICT',
        `Something has happened since: "${told.alias ?? name}" leads elsewhere, or project "${name}" is gone. See: heirloom project list`,
      )
    }
    await this.db
      .insertInto(table)
      .values(row as never)
      .execute()
    this.#journal.record('project', name, null, told)
    return []
  }

  async #isUsed(name: string): Promise<boolean> {
    const tables = ['memories', 'documents', 'entities', 'relationships', 'conflicts'] as const
    for (const table of tables) {
      const row = await this.db
        .selectFrom(table as 'memories')
        .select('project')
        .where('tenant_id', '=', this.principal.tenant_id)
        .where('project', '=', name)
        .limit(1)
        .executeTakeFirst()
      if (row !== undefined) return true
    }
    const alias = await this.db
      .selectFrom('project_aliases')
      .select('alias')
      .where('tenant_id', '=', this.principal.tenant_id)
      .where('name', '=', name)
      .limit(1)
      .executeTakeFirst()
    return alias !== undefined
  }
}

/** What the journal says of a project: that it came, that an alias came, or what its settings are. */
interface ToldProject {
  readonly name?: string
  readonly alias?: string
  readonly settings?: ProjectSettings
}

function toSettings(json: string): ProjectSettings {
  return json === '{}' ? {} : (JSON.parse(json) as ProjectSettings)
}
