/**
 * Indexes in a process of its own: `node vector-child.ts <what> <folder> …`, an answer a line of JSON.
 *
 * `open <folder> …` opens each, and says what became of it and of standard input.
 * `fold <folder> <rows>` takes rows up to that many into what is there.
 * `read <folder>` searches and opens again until standard input ends, and says what it saw.
 */
import { fstatSync, writeSync } from 'node:fs'
import { isCurrent, openVectorFile, type VectorFile } from '../../src/store/sqlite/vector-file.ts'
import { foldVectorFile } from '../../src/store/sqlite/vector-fold.ts'
import { foldTo, mustOpen, rowOf, rowsBetween, SPACE, vectorsOf } from './vectors.ts'

const [what = '', folder = '', ...rest] = process.argv.slice(2)

function say(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

async function open(folders: readonly string[]): Promise<void> {
  const packed = vectorsOf(5)
  const input = fstatSync(0).ino
  for (const each of folders) {
    const opened = await openVectorFile(each, SPACE)
    if (opened.kind === 'open') say({ kind: 'open', ids: opened.index.search(rowOf(packed, 4), 1).ids })
    else say(opened)
  }
  say({ input: fstatSync(0).ino === input })
}

async function fold(rows: number): Promise<void> {
  try {
    const { generation, covered } = await foldTo(folder, vectorsOf(rows), rows)
    say({ generation, covered })
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    say({ code, message })
  }
}

async function foldAnew(): Promise<void> {
  const rows = rowsBetween(vectorsOf(5), 0, 5)
  await foldVectorFile(folder, SPACE, { from: null, rows }).catch(({ code, message }) =>
    say({ code, message }),
  )
}

async function read(): Promise<void> {
  let isOver = false
  process.stdin.resume().once('end', () => {
    isOver = true
  })
  const packed = vectorsOf(3000)
  let index: VectorFile | undefined
  const seen = { opened: 0, searches: 0, wrong: 0, covered: 0 }
  while (!isOver) {
    if (index === undefined || !isCurrent(index)) {
      index = await mustOpen(folder)
      seen.opened++
      if (index.covered < seen.covered) throw new Error('an older generation came after a newer one')
      seen.covered = index.covered
    }
    for (let count = 0; count < 20; count++) {
      const row = (seen.searches * 131) % index.covered
      const { ids } = index.search(rowOf(packed, row), 3)
      if (!ids.includes(row + 1) || ids.some(id => id > index!.covered)) seen.wrong++
      seen.searches++
    }
    if (seen.searches === 20) say({ ready: true })
    await new Promise(resolve => setImmediate(resolve))
  }
  say(seen)
}

if (what === 'open') await open([folder, ...rest])
else if (what === 'fold') await fold(Number(rest[0]))
else if (what === 'fold anew') await foldAnew()
else if (what === 'read') await read()
else throw new Error(`not known: ${what}`)
