/** What a process that was started to work for another does at its end: it goes when its parent does, even from the middle
 *  of a computation, in which it would hear of nothing. */
import { Worker } from 'node:worker_threads'

/** Called once, at the start of such a process; its parent holds an IPC channel to it. */
export function endWithParent(): void {
  process.on('disconnect', () => process.exit())
  // Ctrl-C reaches the whole group; it is the parent that decides.
  process.on('SIGINT', () => {})
  // Such processes run built files.
  new Worker(new URL('./parent-watch.js', import.meta.url), { workerData: process.ppid }).unref()
}
