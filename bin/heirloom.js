#!/usr/bin/env node
// Plain old JavaScript on purpose: any Node must be able to read it far enough to say what it needs.
var major = Number(process.versions.node.split('.')[0])
if (major < 22) {
  process.stderr.write(
    'heirloom needs Node.js 22 or later; this is ' + process.version + '. Install a current one, such as: npm install node@24\n'
  )
  process.exitCode = 1
} else {
  process.getBuiltinModule('node:module').enableCompileCache()
  import('../dist/main.js').then(function (entry) {
    return entry.main(process.argv.slice(2))
  })
}
