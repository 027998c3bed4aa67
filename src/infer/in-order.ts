/** Puts what comes out of order back into order, by index. Who puts bounds how much waits. */

export class InOrder<T extends { index: number }> {
  readonly #waiting = new Map<number, T>()
  #next: number

  /** @param start  the first index */
  constructor(start: number) {
    this.#next = start
  }

  /** The index that comes out next. */
  get next(): number {
    return this.#next
  }

  put(items: readonly T[]): void {
    for (const item of items) this.#waiting.set(item.index, item)
  }

  /** Takes out all that is no longer waiting for one before it. */
  *take(): Generator<T> {
    for (let item = this.#waiting.get(this.#next); item !== undefined; item = this.#waiting.get(this.#next)) {
      this.#waiting.delete(this.#next)
      this.#next += 1
      yield item
    }
  }
}
