/** A project that was made just now, and the ones that may have been meant. */
interface Ensured {
  readonly name: string
  readonly near: readonly string[]
}

/** Asks whether another project was meant; `move` is what to do then, up to the project's name. */
export function nearNotices(ensured: Ensured | null, move?: string): string[] {
  if (ensured === null || ensured.near.length === 0) return []
  const { name, near } = ensured
  const asked = `Project "${name}" is new. Did you mean ${near.join(' or ')}?`
  return [move === undefined ? asked : `${asked} Then ${move} --project ${near[0]}`]
}
