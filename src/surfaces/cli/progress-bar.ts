import { SingleBar } from 'cli-progress'
import type { Progress } from '../../operations/operation.ts'
import { printable } from './printable.ts'

const FORMAT = '{bar} {value}/{total} files  {passages} passages  {rate}/s  {left} left  {item}'

/** Begins to draw; the rate is passages a second since then, the time left what the files done so far suggest. */
export function beginBar(first: Progress) {
  const began = performance.now()
  const bar = new SingleBar({
    format: FORMAT,
    barsize: 20,
    hideCursor: true,
    clearOnComplete: true,
    // Its own handler would draw over what our Ctrl-C says.
    gracefulExit: false,
    stream: process.stderr,
  })
  bar.start(first.total, first.done, payloadOf(first, 0))
  return {
    report: (progress: Progress) =>
      bar.update(progress.done, payloadOf(progress, (performance.now() - began) / 1000)),
    stop: async () => bar.stop(),
  }
}

function payloadOf({ done, total, passages, item }: Progress, seconds: number) {
  const left = done === 0 ? '?' : duration((seconds / done) * (total - done))
  return {
    passages,
    rate: seconds === 0 ? '?' : Math.round(passages / seconds),
    left,
    item: printable(item).replaceAll('\n', ' ').slice(-30),
  }
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}
