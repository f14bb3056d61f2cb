/**
 * Project names: one canonical spelling, and which other names may have been meant.
 */

/** Lower case, runs of white space as one hyphen: `Optics Lab` and `optics-lab` are one project. */
export function canonicalProject(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase().replace(/\s+/gu, '-')
}

/** Known names that the given one may be a slip of: at most two letters off, or the one begins with the other. */
export function nearProjects(name: string, known: readonly string[]): string[] {
  return known.filter(other => {
    if (other === name) return false
    const [short, long] = other.length < name.length ? [other, name] : [name, other]
    if (short.length >= 3 && long.startsWith(`${short}-`)) return true
    return long.length >= 4 && editDistance(short, long, 2) <= 2 && short.length > 2
  })
}

/** Levenshtein distance, or more than `limit` as soon as that is certain. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(previous[j]! + 1, row[j - 1]! + 1, substitution))
    }
    if (Math.min(...row) > limit) return limit + 1
    previous = row
  }
  return previous[b.length]!
}
