import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { NODE, temporaryFolder } from './mcp-agent.ts'
import { serveOverHttp } from './mcp-http.ts'

const EXPECTED = join(import.meta.dirname, 'conformance-expected-failures.yml')
const SUITE = join(
  dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json')),
  'dist',
  'index.js',
)

test('every expected failure has its reason', () => {
  const lines = readFileSync(EXPECTED, 'utf8')
    .split('\n')
    .filter(line => line.trim().startsWith('-'))
  expect(lines.length).toBeGreaterThan(0)
  for (const line of lines) expect(line).toMatch(/^ {2}- [\w-]+ # \S.{20,}$/)
})

test('the official suite finds no failure but those, and each of those', async () => {
  await using served = await serveOverHttp()
  using folder = temporaryFolder()
  const args = [SUITE, 'server', '--url', served.url, '--suite', 'all', '--expected-failures', EXPECTED]
  const suite = spawn(NODE, [...args, '--output-dir', folder.path], { cwd: folder.path })
  let report = ''
  suite.stdout.on('data', chunk => (report += String(chunk)))
  suite.stderr.on('data', chunk => (report += String(chunk)))
  const [code] = await once(suite, 'close')
  expect(report).toMatch(/✓ server-initialize: 1 passed/)
  expect(report).toMatch(/✓ tools-list: 1 passed/)
  expect(report).toMatch(/✓ dns-rebinding-protection: 2 passed/)
  expect(code, report.slice(report.indexOf('=== SUMMARY'))).toBe(0)
})
