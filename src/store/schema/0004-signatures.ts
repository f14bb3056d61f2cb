/**
 * The index of near-duplicates names rows of the keyword index instead of repeating their tenant and id, which were
 * most of its size. Nothing in it is worth carrying over: it is made again from words that are there.
 */
import type { Migration } from './migration.ts'

const table = (suffix: string) => `
drop table keyword_signatures;
create table keyword_signatures (
  signature bigint not null,
  doc bigint not null,
  primary key (signature, doc)
)${suffix};`

export const signatures: Migration = {
  version: 4,
  name: 'signatures',
  summary: 'The index of near-duplicates takes a third of the space; it is rebuilt.',
  floor: 4,
  strategy: 'rebuild',
  rebuilds: ['near_duplicates'],
  sqlite: table(' without rowid'),
  postgres: table(''),
}
