/** Builds dist/: bundles for a quick start, and the declarations for users of the library. */
import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..')
rmSync(join(root, 'dist'), { recursive: true, force: true })

/** The server is a bundle of its own; the program finds it beside itself. */
const serverApart = {
  name: 'server-apart',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/mcp\/main\.ts$/ }, () => ({ path: './mcp.js', external: true })),
}

// Several bundles, since what several share is split into files of its own, and each file costs a start half a
// millisecond: the command line loads operations one by one, the library and the server all of them.
for (const [entryPoints, plugins] of [
  [{ index: 'src/index.ts', testing: 'src/testing.ts' }, []],
  [{ main: 'src/surfaces/main.ts' }, [serverApart]],
  [{ mcp: 'src/surfaces/mcp/main.ts' }, []],
  // A thread is started from a file of its own.
  [{ 'vector-fold-worker': 'src/store/sqlite/vector-fold-worker.ts' }, []],
  [{ 'transformers-worker': 'src/embedding/transformers-worker.ts' }, []],
]) {
  await build({
    absWorkingDir: root,
    entryPoints,
    plugins,
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    // Native or large, and needed by few commands: loaded from node_modules when they are.
    external: ['better-sqlite3', 'usearch', 'pg', '@electric-sql/pglite', '@electric-sql/pglite-pgvector'],
    alias: { '@modelcontextprotocol/server/_shims': join(root, 'scripts', 'mcp-shims.js') },
    // Some dependencies are CommonJS and ask for Node's own modules by `require`.
    banner: {
      js: "import { createRequire as toRequire } from 'node:module'; const require = toRequire(import.meta.url);",
    },
    legalComments: 'linked',
    minifySyntax: true,
    minifyWhitespace: true,
    logLevel: 'warning',
  })
}

const require = createRequire(import.meta.url)
const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc')
execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' })
