#!/usr/bin/env node
// Plain old JavaScript on purpose: any Node must be able to read it far enough to say what it needs.
var version = process.versions.node.split('.').map(Number)
var needs = 'heirloom needs Node.js 22.3 or later; this is ' + process.version + '. Install a current one'
if (version[0] < 22 || (version[0] === 22 && version[1] < 3)) {
  process.stderr.write(needs + ', such as: npm install node@24\n')
  process.exitCode = 1
} else {
  process.getBuiltinModule('node:module').enableCompileCache()
  import('../dist/main.js').then(entry => entry.main(process.argv.slice(2)))
}
