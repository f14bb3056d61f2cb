/** Long changes of the whole store leave a record: how far they came, what failed, and a receipt. */
import type { Migration } from './migration.ts'

const tables = (json: string, time: string, id: string) => `
create table runs (
  tenant_id ${id} not null references tenants,
  id ${id} not null,
  kind text not null,
  target text not null,
  fingerprint text not null,
  status text not null,
  cursor text,
  counts ${json} not null,
  snapshot_id text,
  started_at ${time} not null,
  finished_at ${time},
  receipt ${json},
  primary key (tenant_id, id)
);
create unique index runs_under_way on runs (tenant_id, kind, target) where status = 'running';
create table run_errors (
  tenant_id ${id} not null,
  run_id ${id} not null,
  subject_kind text not null,
  subject_id text not null,
  reason text not null,
  primary key (tenant_id, run_id, subject_kind, subject_id),
  foreign key (tenant_id, run_id) references runs (tenant_id, id) on delete cascade
);`

export const runs: Migration = {
  version: 3,
  name: 'runs',
  summary: 'Long changes leave a record: how far they came, what failed, and a receipt.',
  floor: 2,
  strategy: 'inPlace',
  sqlite: tables('text', 'text', 'text'),
  postgres: tables('jsonb', 'timestamptz(3)', 'uuid'),
}
