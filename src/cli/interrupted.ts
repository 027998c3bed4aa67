/** What Ctrl-C leaves behind, in the words of the command that runs; and the end of a command that ends itself. */

let left = (): string => 'half-written files are removed'
let ending: ((status: number) => void) | null = null

/** The command that runs says it better. */
export function onInterrupt(words: () => string): void {
  left = words
}

export const whatIsLeft = (): string => left()

/** The command that runs is told once, with the exit status, and ends with what it has; from then on, and for the next
 *  signal, it is ended at once again.
 *  @param end  null: no longer */
export function endItself(end: ((status: number) => void) | null): void {
  ending = end
}

/** @returns whether the command that runs ends itself */
export function letItEnd(status: number): boolean {
  const end = ending
  ending = null
  end?.(status)
  return end !== null
}
