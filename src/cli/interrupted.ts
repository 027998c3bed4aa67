/** What Ctrl-C leaves behind, in the words of the command that runs. */

let left = (): string => 'half-written files are removed'

/** The command that runs says it better. */
export function onInterrupt(words: () => string): void {
  left = words
}

export const whatIsLeft = (): string => left()
