/** The work of a child: `node --import points.ts child.ts <what> <store> <snapshots> …`. */
import { migrateInHalves, restoreAfterEmptying, snapshotHeadFirst } from './unsafe.ts'
import { open, restore, restoreOnce, snapshot } from './work.ts'

const [what = '', store = '', snapshots = '', id = ''] = process.argv.slice(2)
const place = { store, snapshots }

const WORK: Readonly<Record<string, () => Promise<void>>> = {
  open: () => open(place),
  'snapshot rows': () => snapshot(place, 'rows'),
  'snapshot file': () => snapshot(place, 'file'),
  'restore rows': () => restore(place, id, false),
  'restore file': () => restoreOnce(place, id),
  'replace rows': () => restore(place, id, true),
  'replace file': () => restore(place, id, true),
  'unsafe migrate': () => migrateInHalves(place),
  'unsafe snapshot': () => snapshotHeadFirst(place),
  'unsafe restore': () => restoreAfterEmptying(place, id),
}

const work = WORK[what]
if (work === undefined) throw new Error(`not known: ${what}`)
await work()
