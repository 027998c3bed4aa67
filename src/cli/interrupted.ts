/** What Ctrl-C leaves behind, in the words of the command that runs; and the end of a command that ends itself. */

let left = (): string => 'half-written files are removed'
let ending: ((status: number) => void) | null = null

/** The command that runs says it better. */
export function onInterrupt(words: () => string): void {
  left = words
}

export const whatIsLeft = (): string => left()

/** Runs work that ends itself at the first signal; a second one ends the command at once.
 *  @returns what came of it, and the exit status where there was a signal, with null for work that failed of it
 *  @throws what `work` throws without a signal */
export async function untilInterrupted<T>(
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ status: null; ended: T } | { status: number; ended: T | null }> {
  const control = new AbortController()
  const signalled: { status: number | null } = { status: null }
  ending = (status) => {
    signalled.status = status
    control.abort()
  }
  try {
    const ended = await work(control.signal)
    const { status } = signalled
    return status === null ? { status, ended } : { status, ended }
  } catch (error) {
    const { status } = signalled
    if (status === null) throw error
    return { status, ended: null }
  } finally {
    ending = null
  }
}

/** @returns whether the command that runs ends itself */
export function letItEnd(status: number): boolean {
  const end = ending
  ending = null
  end?.(status)
  return end !== null
}
