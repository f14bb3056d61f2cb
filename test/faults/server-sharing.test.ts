import { afterAll } from 'vitest'
import { onServer } from '../kit/engines.ts'
import { sharingAtOnce } from './sharing-at-once.ts'

const url = process.env.HEIRLOOM_TEST_POSTGRES ?? ''
const schemas: string[] = []

sharingAtOnce({
  name: 'PostgreSQL server',
  newStore: () => {
    const schema = `heirloom_sharing_${process.pid}_${schemas.length + 1}`
    schemas.push(schema)
    return `${url}?schema=${schema}`
  },
})

afterAll(async () => {
  for (const schema of schemas) await onServer(url, `drop schema if exists ${schema} cascade`)
})
