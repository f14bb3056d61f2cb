/**
 * Schemas of a PostgreSQL database that tests use one after the other. Making one takes some forty tables with their
 * indexes, several times as long as a test; emptying one takes a few statements. A schema that a test has altered is
 * not used again.
 */
import type { Row } from './engines.ts'

type Run = (sql: string) => Promise<Row[]>

export interface PooledSchema {
  readonly name: string
  /** After the store was made in it, before anything is written; `isPlain` where all of it is what any store has. */
  made(isPlain: boolean): Promise<void>
  /** Empties it for the next test, or drops it. */
  give(): Promise<void>
}

export class SchemaPool {
  readonly #run: Run
  readonly #prefix: string
  readonly #idle: string[] = []
  /** Of each schema as it was when the store was made in it. */
  readonly #shapes = new Map<string, string>()
  /** What a store has when it was made, as statements. */
  #rows: readonly string[] | null = null
  #count = 0

  constructor(prefix: string, run: Run) {
    this.#prefix = prefix
    this.#run = run
  }

  /** `isNew` asks for one that nobody has used. */
  take({ isNew = false } = {}): PooledSchema {
    const idle = isNew ? undefined : this.#idle.pop()
    const name = idle ?? `${this.#prefix}_${++this.#count}`
    return {
      name,
      made: async isPlain => {
        if (!this.#shapes.has(name)) this.#shapes.set(name, await this.#shapeOf(name))
        if (isPlain) this.#rows ??= await this.#rowsOf(name)
      },
      give: () => this.#give(name),
    }
  }

  async #give(name: string): Promise<void> {
    // Made at run time where there are enough vectors: what is left is as it was before.
    await this.#run(`drop table if exists ${name}.vector_search_spaces, ${name}.vector_search`)
    if (this.#rows === null || (await this.#shapeOf(name)) !== this.#shapes.get(name)) {
      await this.#run(`drop schema if exists ${name} cascade`)
      return
    }
    const rows = this.#rows
    const filled = await this.#filled(name)
    // Foreign keys would ask for an order; nobody looks meanwhile.
    await this.#run(
      [
        'begin; set local session_replication_role = replica',
        ...filled.map(table => `delete from ${name}."${table}"`),
        ...rows.map(statement => statement.replaceAll('$schema', name)),
        `alter sequence ${name}.keyword_documents_doc_seq restart`,
        // No two stores have one secret.
        `update ${name}.settings set value = md5(random()::text) || md5(random()::text) where name = 'cursor_secret'`,
        'commit',
      ].join(';'),
    )
    this.#idle.push(name)
  }

  /**
   * What stands in the catalogue, with the transaction that put it there: every statement of DDL changes that. Sequences
   * are left out, since restarting one counts as a change of it.
   */
  async #shapeOf(name: string): Promise<string> {
    const [row] = await this.#run(`
      with own as (select oid, xmin from pg_class where relnamespace = to_regnamespace('${name}') and relkind <> 'S')
      select md5(coalesce(string_agg(part, ' ' order by part), '')) as shape from (
        select 'class ' || oid || ' ' || xmin as part from own
        union all select 'attribute ' || attrelid || ' ' || attnum || ' ' || a.xmin
          from pg_attribute as a join own on own.oid = a.attrelid where a.attnum > 0
        union all select 'constraint ' || oid || ' ' || xmin from pg_constraint where connamespace = to_regnamespace('${name}')
        union all select 'index ' || indexrelid || ' ' || i.xmin from pg_index as i join own on own.oid = i.indexrelid
        union all select 'trigger ' || t.oid || ' ' || t.xmin from pg_trigger as t join own on own.oid = t.tgrelid
        union all select 'procedure ' || oid || ' ' || xmin from pg_proc where pronamespace = to_regnamespace('${name}')
      ) as parts`)
    return String(row?.shape)
  }

  async #filled(name: string): Promise<string[]> {
    const tables = await this.#run(
      `select relname from pg_class where relnamespace = to_regnamespace('${name}') and relkind = 'r' order by relname`,
    )
    const list = tables.map(({ relname }) => String(relname))
    const [row = {}] = await this.#run(
      `select ${list.map(table => `exists (select 1 from ${name}."${table}") as "${table}"`).join(', ')}`,
    )
    return list.filter(table => row[table] === true)
  }

  async #rowsOf(name: string): Promise<string[]> {
    const statements: string[] = []
    for (const table of await this.#filled(name)) {
      const rows = await this.#run(`select to_jsonb(t)::text as row from ${name}."${table}" as t`)
      const list = `[${rows.map(({ row }) => String(row)).join(',')}]`.replaceAll("'", "''")
      statements.push(
        `insert into $schema."${table}" overriding system value select * from jsonb_populate_recordset(null::$schema."${table}", '${list}')`,
      )
    }
    return statements
  }
}
