/** Says once, before the first test, what a run leaves out. */
export default function setup(): void {
  if (process.env.HEIRLOOM_TEST_THOROUGH === undefined)
    console.warn(
      'Left out: what takes minutes, most of it on PostgreSQL in this process. It runs with: npm run test:thorough',
    )
  if (process.env.HEIRLOOM_TEST_POSTGRES) return
  console.warn(
    'Left out: everything on a real PostgreSQL server. Name one, as in HEIRLOOM_TEST_POSTGRES=postgres://user@host:5432/database',
  )
}
