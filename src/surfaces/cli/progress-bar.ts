import { SingleBar } from 'cli-progress'
import type { Progress } from '../../operations/operation.ts'
import { printable } from './printable.ts'

const FILES = '{bar} {value}/{total} files  {passages} passages  {rate}/s  {left} left  {item}'
const ROWS = '{bar} {value}/{total}  {rate}/s  {left} left  {item}'

/**
 * Begins to draw; the rate is passages a second since then, or whatever is counted where files are not read, and the
 * time left what was done so far suggests.
 */
export function beginBar(first: Progress) {
  const began = performance.now()
  const bar = new SingleBar({
    format: first.passages === undefined ? ROWS : FILES,
    barsize: 20,
    hideCursor: true,
    clearOnComplete: true,
    // Its own handler would draw over what our Ctrl-C says.
    gracefulExit: false,
    stream: process.stderr,
  })
  bar.start(first.total, first.done, payloadOf(first, 0))
  return {
    report: (progress: Progress) => {
      bar.setTotal(progress.total)
      bar.update(progress.done, payloadOf(progress, (performance.now() - began) / 1000))
    },
    stop: async () => bar.stop(),
  }
}

function payloadOf({ done, total, passages, item }: Progress, seconds: number) {
  const left = done === 0 || total === 0 ? '?' : duration((seconds / done) * (total - done))
  return {
    passages,
    rate: seconds === 0 ? '?' : Math.round((passages ?? done) / seconds),
    left,
    item: printable(item).replaceAll('\n', ' ').slice(-30),
  }
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}
