import type { Progress } from '../../operations/operation.ts'

interface Watch {
  readonly report: (progress: Progress) => void
  /** Takes the bar away, if one was begun. */
  readonly stop: () => Promise<void>
}

/** A bar on stderr from the first report on, which is when it is loaded. */
export function watchProgress(wanted: boolean): Watch {
  if (!wanted) return { report: () => undefined, stop: async () => undefined }
  let loading: Promise<Watch> | undefined
  let bar: Watch | undefined
  return {
    report: progress => {
      loading ??= import('./progress-bar.ts').then(({ beginBar }) => {
        bar = beginBar(progress)
        return bar
      })
      bar?.report(progress)
    },
    stop: async () => (await loading)?.stop(),
  }
}
