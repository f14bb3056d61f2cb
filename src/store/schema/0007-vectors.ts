/**
 * What memories mean, as vectors: the spaces that these are of, the vectors themselves, and the queue of what is still
 * to be embedded. A vector is 16-bit floats, little-endian, on both engines, so that its bytes can be compared; null
 * where a text has none. Vectors are named by numbers, in the order in which they were written, for the sake of indexes.
 */
import { BOOTSTRAP_ID } from '../../model/memory.ts'
import type { Migration } from './migration.ts'

interface Types {
  readonly time: string
  readonly id: string
  readonly bytes: string
  readonly number: string
}

const tables = ({ time, id, bytes, number }: Types, suffix: string) => `
create table spaces (
  tenant_id ${id} not null references tenants,
  id ${id} not null,
  number integer not null,
  name text not null,
  provider text not null,
  model text not null,
  dimensions integer not null,
  pooling text not null,
  normalised integer not null,
  query_prefix text not null,
  document_prefix text not null,
  digest text not null,
  noise double precision not null,
  probe ${bytes},
  is_default integer not null,
  created_at ${time} not null,
  primary key (tenant_id, id),
  unique (number)
);
create unique index spaces_by_name on spaces (tenant_id, name);
create unique index spaces_one_default on spaces (tenant_id) where is_default = 1;
create table vectors (
  id ${number},
  space integer not null references spaces (number) on delete cascade,
  subject_id ${id} not null,
  text_hash text not null,
  vector ${bytes},
  unique (space, subject_id)
);
create table embedding_queue (
  space integer not null references spaces (number) on delete cascade,
  subject_id ${id} not null,
  subject text not null,
  attempts integer not null default 0,
  due_at ${time},
  claimed_by text,
  claimed_until ${time},
  set_aside integer not null default 0,
  reason text,
  primary key (space, subject_id)
)${suffix};`

const settings = (random: string) => `
insert into settings (tenant_id, name, value) values ('${BOOTSTRAP_ID}', 'vector_epoch', ${random});`

export const vectors: Migration = {
  version: 7,
  name: 'vectors',
  summary:
    'Memories have vectors of what they mean, in embedding spaces, and a queue of what is still to be embedded.',
  floor: 7,
  strategy: 'inPlace',
  sqlite:
    tables(
      { time: 'text', id: 'text', bytes: 'blob', number: 'integer primary key autoincrement' },
      ' without rowid',
    ) + settings('lower(hex(randomblob(16)))'),
  postgres:
    tables(
      {
        time: 'timestamptz(3)',
        id: 'uuid',
        bytes: 'bytea',
        number: 'bigint generated always as identity primary key',
      },
      '',
    ) + settings("replace(gen_random_uuid()::text, '-', '')"),
}
