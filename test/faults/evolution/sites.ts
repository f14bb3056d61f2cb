/** Stores that are cheap to make again: a file that is copied, a database that is made from a template. */
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onServer } from '../../kit/engines.ts'
import type { Place } from './work.ts'

const FIXTURES = join(import.meta.dirname, '../../fixtures/stores')

/** A store that is left as it is, with its snapshots. */
export interface Base extends AsyncDisposable {
  readonly place: Place
  /** A copy for one child; its snapshots are copied along. */
  copy(): Promise<Site>
}

export interface Site extends AsyncDisposable {
  readonly place: Place
  /** The folder that has nothing but the store's files; null on a server. */
  readonly folder: string | null
}

export interface Sites {
  readonly name: 'SQLite' | 'PostgreSQL'
  /** A base that `fill` makes, or that has nothing. */
  base(fill: (place: Place) => Promise<void>): Promise<Base>
  fixture(version: string): Promise<Base>
}

function temporary() {
  const folder = mkdtempSync(join(tmpdir(), 'heirloom-evolution-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

function copySnapshots(from: Place, to: Place): void {
  // Whoever relies on a part asks when it was touched.
  if (existsSync(from.snapshots))
    cpSync(from.snapshots, to.snapshots, { recursive: true, preserveTimestamps: true })
}

function fileIn(folder: string): Place {
  const store = join(folder, 'store.db')
  return { store, snapshots: `${store}.snapshots` }
}

export const files: Sites = {
  name: 'SQLite',
  async base(fill) {
    const { folder, remove } = temporary()
    const place = fileIn(folder)
    await fill(place)
    return {
      place,
      copy: async () => {
        const own = temporary()
        const copy = fileIn(own.folder)
        if (existsSync(place.store)) copyFileSync(place.store, copy.store)
        copySnapshots(place, copy)
        return { place: copy, folder: own.folder, [Symbol.asyncDispose]: async () => own.remove() }
      },
      [Symbol.asyncDispose]: async () => remove(),
    }
  },
  fixture: version => files.base(async ({ store }) => copyFileSync(join(FIXTURES, `${version}.db`), store)),
}

/** A database a store on the server of `url`. */
export function serverSites(url: string): Sites {
  let count = 0
  const sites: Sites = {
    name: 'PostgreSQL',
    async base(fill) {
      const { folder, remove } = temporary()
      const base = await makeDatabase('template0')
      const place = { store: base.store, snapshots: join(folder, 'snapshots') }
      await fill(place)
      return {
        place,
        copy: async () => {
          const own = temporary()
          const { store, drop } = await makeDatabase(base.name)
          const copy = { store, snapshots: join(own.folder, 'snapshots') }
          copySnapshots(place, copy)
          const leave = async () => {
            own.remove()
            await drop()
          }
          return { place: copy, folder: null, [Symbol.asyncDispose]: leave }
        },
        [Symbol.asyncDispose]: async () => {
          remove()
          await base.drop()
        },
      }
    },
    fixture: version =>
      sites.base(async ({ store }) => {
        const script = readFileSync(join(FIXTURES, `${version}.postgres.sql`), 'utf8')
        await onServer(store, script.replaceAll('fixture_schema', 'heirloom'))
      }),
  }

  async function makeDatabase(template: string) {
    const name = `heirloom_faults_${process.pid}_${++count}`
    await onServer(url, `create database ${name} template ${template}`)
    const store = new URL(url)
    store.pathname = `/${name}`
    const drop = () => onServer(url, `drop database if exists ${name} with (force)`)
    return { name, store: store.href, drop }
  }
  return sites
}

/** A new place among the files of a site, for what is restored elsewhere. */
export function elsewhere({ place, folder }: Site): Place {
  const other = join(folder ?? '', 'elsewhere')
  mkdirSync(other)
  return { store: join(other, 'store.db'), snapshots: place.snapshots }
}
