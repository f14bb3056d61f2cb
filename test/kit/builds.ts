/** Builds of this program, also of one that it is not: bundled as it ships, with changes of its source on the way. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { afterAll } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

/** What is replaced in a file of the source, which must be there. */
interface SourceChange {
  readonly file: string
  readonly from: string
  readonly to: string
}

/** A folder among the packages that a build loads, removed after the test file. */
export function buildFolder(): string {
  const cache = join(ROOT, 'node_modules/.cache/heirloom')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'build-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Bundles an entry point into a folder. @returns the script's path. */
export async function bundle(
  entry: string,
  { folder, changes = [] }: { folder: string; changes?: readonly SourceChange[] },
): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  const own = { name: 'heirloom', version, type: 'module', exports: { './package.json': './package.json' } }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(own))
  await build({
    absWorkingDir: ROOT,
    entryPoints: { main: entry },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    external: ['better-sqlite3', 'pg', '@electric-sql/pglite'],
    alias: { '@modelcontextprotocol/server/_shims': join(ROOT, 'scripts', 'mcp-shims.js') },
    banner: {
      js: "import { createRequire as toRequire } from 'node:module'; const require = toRequire(import.meta.url);",
    },
    logLevel: 'silent',
    plugins: [changing(changes)],
  })
  return join(folder, 'main.js')
}

function changing(changes: readonly SourceChange[]): Plugin {
  return {
    name: 'changes',
    setup: ({ onLoad }) => {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const own = changes.filter(({ file }) => file === relative(ROOT, path))
        if (own.length === 0) return null
        const contents = own.reduce(
          (text, { file, from, to }) => {
            if (!text.includes(from)) throw new Error(`${file} has no ${from}`)
            return text.replace(from, to)
          },
          readFileSync(path, 'utf8'),
        )
        return { contents, loader: 'ts' }
      })
    },
  }
}
