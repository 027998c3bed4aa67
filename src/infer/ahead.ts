/** Reads a source ahead of its consumer, by a bounded number of items: what the source has begun goes on while the
 *  consumer is busy. Order is kept; an error comes out where its item would have. */

/** @param depth  how many items may wait, at least 1 */
export async function* ahead<T>(source: AsyncIterable<T>, depth: number): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]()
  const waiting: Promise<IteratorResult<T>>[] = []
  const pull = () => {
    // An async generator queues its `next` calls, so several may be under way.
    const next = iterator.next()
    next.catch(() => {})
    waiting.push(next)
  }
  try {
    while (waiting.length < depth) pull()
    for (;;) {
      const { done, value } = await waiting.shift()!
      if (done === true) return
      pull()
      yield value
    }
  } finally {
    await iterator.return?.()
  }
}

/** Runs at most `most` tasks at a time; the others wait in order. */
export function limiter(most: number): <T>(task: () => Promise<T>) => Promise<T> {
  let running = 0
  const queue: (() => void)[] = []
  return async (task) => {
    if (running >= most) await new Promise<void>((go) => queue.push(go))
    else running += 1
    try {
      return await task()
    } finally {
      const next = queue.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
