/** Says once, before the first test, what a run leaves out. */
export default function setup(): void {
  if (process.env.HEIRLOOM_TEST_THOROUGH === undefined)
    console.warn(
      'Left out: what takes minutes, most of it on PostgreSQL in this process. It runs with: npm run test:thorough',
    )
  if (!process.env.HEIRLOOM_TEST_MODEL || !process.env.HEIRLOOM_TEST_TRANSFORMERS)
    console.warn(
      'Left out: a real ONNX model. Name its folder in HEIRLOOM_TEST_MODEL (all-MiniLM-L6-v2, 8 bits), and in HEIRLOOM_TEST_TRANSFORMERS one where npm install @huggingface/transformers@4 was run',
    )
  if (process.env.HEIRLOOM_TEST_POSTGRES) return
  console.warn(
    'Left out: everything on a real PostgreSQL server. Name one, as in HEIRLOOM_TEST_POSTGRES=postgres://user@host:5432/database',
  )
}
