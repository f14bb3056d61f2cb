/** Runs what Ctrl-C asks to stop; a second Ctrl-C ends the process at once. */
export async function whileInterruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const onInterrupt = () => {
    if (controller.signal.aborted) process.exit(130)
    process.stderr.write('\nStopping; press Ctrl-C again to end at once.\n')
    controller.abort()
  }
  process.on('SIGINT', onInterrupt)
  try {
    return await work(controller.signal)
  } finally {
    process.off('SIGINT', onInterrupt)
  }
}
