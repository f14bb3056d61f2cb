import type { Engine } from '../store/engine.ts'
import type { Exclusive } from '../store/exclusive.ts'
import { MIGRATIONS } from '../store/schema/index.ts'
import { planMigrations } from '../store/schema/registry.ts'
import { fillArtefacts } from './rebuild.ts'
import type { Surroundings } from './surroundings.ts'
import { type Upgrade, upgradeStore } from './upgrade.ts'

/**
 * Migrates a copy of the store and throws the copy away; the store is not touched. Null where nothing is to be done.
 * @throws what the migration itself would.
 */
export async function rehearseUpgrade(
  engine: Engine,
  { to, surroundings }: { readonly to: number | undefined; readonly surroundings: Surroundings },
): Promise<Upgrade | null> {
  const stored = await engine.survey()
  const plan = planMigrations(MIGRATIONS, stored, { location: engine.location, to })
  if (plan.action !== 'migrate' && plan.action !== 'reconcile') return null
  const made = plan.action === 'migrate' ? MIGRATIONS.slice(0, plan.from) : []
  const rehearse = (held: Exclusive) =>
    engine.rehearse(held, made, async copy => {
      const upgrade = await upgradeStore(copy, { to, surroundings, snapshot: null })
      if (upgrade?.to === MIGRATIONS.length) {
        await copy.exclusively('rehearse', permit => fillArtefacts(copy, permit, { surroundings }))
      }
      return upgrade
    })
  return engine.exclusively('rehearse a migration on a copy', rehearse, { signal: surroundings.signal })
}
