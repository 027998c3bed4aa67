/** Progress on stderr: one line that is written over on a terminal, plain lines every few seconds elsewhere. */

/** Least time between two signs of life. */
const EVERY_MS = { terminal: 200, plain: 5000 }

export interface Progress {
  update: (done: number) => void
  /** Takes the line of a terminal away, so that what follows stands alone. */
  end: () => void
}

/** @param total  how many there are   @param what  their plural, e.g. films */
export function progress(total: number, what: string, stream: NodeJS.WriteStream = process.stderr): Progress {
  const begun = Date.now()
  const isTerminal = stream.isTTY === true
  const everyMs = isTerminal ? EVERY_MS.terminal : EVERY_MS.plain
  let last = begun
  return {
    update(done) {
      const now = Date.now()
      if (now - last < everyMs) return
      last = now
      const rate = (1000 * done) / (now - begun)
      const left = Math.ceil((total - done) / rate)
      const line = `${done} of ${total} ${what}, ${rate.toFixed(1)} a second, ${left} s left`
      stream.write(isTerminal ? `\r\x1b[K${line}` : `${line}\n`)
    },
    end() {
      if (isTerminal) stream.write('\r\x1b[K')
    },
  }
}
