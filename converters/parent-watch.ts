/** The thread that ends its process where the parent is gone: a main thread that computes does not hear that the channel
 *  to its parent was closed. See `end-with-parent.ts`. */
import { workerData } from 'node:worker_threads'

/** How often it looks, in ms. */
const EVERY = 250

const parent: number = workerData

setInterval(() => {
  if (!isThere()) process.kill(process.pid, 'SIGKILL')
}, EVERY)

/** POSIX gives an orphan another parent; Windows does not, but knows no process of that number any more. */
function isThere(): boolean {
  if (process.ppid !== parent) return false
  try {
    return process.kill(parent, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
