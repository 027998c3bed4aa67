/** Events as an async iterable: pushed here, awaited there, in order. Its length is bounded by who pushes. */

export class Queue<T> implements AsyncIterable<T> {
  #items: T[] = []
  #waiting: ((result: IteratorResult<T, undefined>) => void)[] = []
  #closed = false

  push(item: T): void {
    const waiting = this.#waiting.shift()
    if (waiting === undefined) this.#items.push(item)
    else waiting({ done: false, value: item })
  }

  /** What was pushed before still comes out. */
  close(): void {
    this.#closed = true
    for (const waiting of this.#waiting.splice(0)) waiting({ done: true, value: undefined })
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const item = this.#items.shift()
    if (item !== undefined) return Promise.resolve({ done: false, value: item })
    if (this.#closed) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return { next: () => this.next(), return: async () => ({ done: true, value: undefined }) }
  }
}
