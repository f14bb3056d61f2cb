/** The extension that compares vectors, pgvector: whether a database has it, and where. */
import { sql } from 'kysely'
import type { Database } from '../engine.ts'
import type { Exclusive } from '../exclusive.ts'

/** Before 0.8 a filter could leave a search with less than it asked for. */
const OLDEST = '0.8'

/** What a database has of it. */
interface Presence {
  readonly installed: string | null
  readonly offered: string
  readonly schema: string | null
  readonly reachable: boolean | null
  readonly creatable: boolean
  readonly database: string
  readonly role: string
}

export interface ExtensionFound {
  /** Where its types and operators are; null where they cannot be used. */
  readonly schema: string | null
  /** Whether there is none yet, but this role may make it. */
  readonly isCreatable: boolean
  /** Why vectors cannot be searched, with the remedy; null where they can, or will as soon as it is made. */
  readonly obstacle: string | null
}

export class VectorExtension {
  #found: ExtensionFound | null = null
  #absent: ExtensionFound | null = null

  /** What the server offers is read from its disk, which takes milliseconds, so it is asked for once. */
  async find(db: Database): Promise<ExtensionFound> {
    if (this.#found !== null) return this.#found
    if (this.#absent !== null && !(await isInstalled(db))) return this.#absent
    const found = judge(await presence(db))
    if (found.schema !== null) this.#found = found
    this.#absent = found.obstacle === null ? null : found
    return found
  }

  /** Makes it where that is all that lacks. It is the whole database's, so it must not be in the schema of one store. */
  async make(permit: Exclusive): Promise<ExtensionFound> {
    const { isCreatable } = await permit.write(({ db }) => this.find(db))
    if (isCreatable) {
      try {
        await permit.write(({ script }) => script('create extension if not exists vector with schema public'))
      } catch (error) {
        // The lock is one store's; another store of the database may have been quicker.
        const { schema } = await permit.write(({ db }) => this.find(db))
        if (schema === null) throw error
      }
    }
    return permit.write(({ db }) => this.find(db))
  }
}

async function isInstalled(db: Database): Promise<boolean> {
  const { rows } = await sql`select from pg_catalog.pg_extension where extname = 'vector'`.execute(db)
  return rows.length > 0
}

/** What the server offers is listed too, since an extension that is there is of no use when its package has gone. */
async function presence(db: Database): Promise<Presence | { readonly database: string }> {
  const { rows } = await sql<Presence>`
    select e.extversion as installed, a.default_version as offered, n.nspname as schema,
      has_schema_privilege(n.oid, 'usage') as reachable,
      to_regnamespace('public') is not null and (r.rolsuper
        or coalesce(v.trusted, false) and has_database_privilege(current_database(), 'create')) as creatable,
      current_database() as database, current_user as role
    from pg_catalog.pg_available_extensions as a
    join pg_catalog.pg_roles as r on r.rolname = current_user
    left join pg_catalog.pg_extension as e on e.extname = a.name
    left join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
    left join pg_catalog.pg_available_extension_versions as v on v.name = a.name and v.version = a.default_version
    where a.name = 'vector'`.execute(db)
  const [row] = rows
  if (row !== undefined) return row
  const { rows: names } = await sql<{ database: string }>`select current_database() as database`.execute(db)
  return { database: names[0]?.database ?? '' }
}

function judge(found: Presence | { readonly database: string }): ExtensionFound {
  const without = (obstacle: string): ExtensionFound => ({ schema: null, isCreatable: false, obstacle })
  const run = (statement: string) => `Run as a superuser in the database "${found.database}": ${statement}`
  if (!('offered' in found)) {
    return without(
      `The server has no extension for vectors. Install the package pgvector there. ${run('create extension vector;')}`,
    )
  }
  const { installed, offered, schema, reachable, creatable, role } = found
  if (installed === null || schema === null) {
    if (isOlder(offered))
      return without(`The server offers pgvector ${offered}. Install ${OLDEST} or later there.`)
    if (creatable) return { schema: null, isCreatable: true, obstacle: null }
    return without(`The extension for vectors is not made here. ${run('create extension vector;')}`)
  }
  if (isOlder(installed)) {
    const first = isOlder(offered) ? `Install ${OLDEST} or later there. ` : ''
    return without(`pgvector is ${installed} here. ${first}${run('alter extension vector update;')}`)
  }
  if (reachable !== true)
    return without(
      `This user may not use pgvector. ${run(`grant usage on schema "${schema}" to "${role}";`)}`,
    )
  return { schema, isCreatable: false, obstacle: null }
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST.split('.').map(Number)
  return major < oldestMajor || (major === oldestMajor && minor < oldestMinor)
}
