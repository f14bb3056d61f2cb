/** Projects: a canonical name each, with aliases that lead to it. */
import type { Principal } from '../model/access.ts'
import { HeirloomError } from '../model/errors.ts'
import { canonicalProject, nearProjects } from '../model/project.ts'
import type { Database } from './engine.ts'
import type { JournalWriter } from './journal.ts'

export interface ProjectSummary {
  readonly name: string
  readonly aliases: readonly string[]
  readonly memories: number
  readonly created_at: string
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
        .select(['name', 'created_at'])
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
    return projects.map(({ name, created_at }) => ({
      name,
      aliases: aliases.filter(alias => alias.name === name).map(alias => alias.alias),
      memories: Number(counts.find(row => row.project === name)?.count ?? 0),
      created_at,
    }))
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
    const project = await this.resolve(name)
    if (project === null) {
      const near = nearProjects(canonicalProject(name), await this.names())
      const hint = near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : ''
      throw new HeirloomError(
        'NOT_FOUND',
        `There is no project "${name}".${hint} See which there are: heirloom project list`,
      )
    }
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
}
