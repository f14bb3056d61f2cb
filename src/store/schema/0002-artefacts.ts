/** Derived parts carry the digest of what made them. The keyword index of version 1 was made by analyser 1. */
import type { Migration } from './migration.ts'

const ddl = `
alter table artefacts add column digest text not null default '';
update artefacts set digest = 'd60d40d3e882270be437d1f854e93f5174fd7f73eef85883d579d838d9ee2786' where name = 'keyword' and version = 1;`

export const artefacts: Migration = {
  version: 2,
  name: 'artefacts',
  summary: 'Derived parts carry the digest of what made them, so that a build knows whether they fit.',
  floor: 2,
  strategy: 'inPlace',
  sqlite: ddl,
  postgres: ddl,
}
