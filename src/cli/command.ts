/** What a file of a command exports by default: its options and what it does. */
import type { ArgumentsCamelCase, Argv } from 'yargs'

export interface Command {
  options: (yargs: Argv) => Argv
  /** @returns the exit status */
  run: (args: ArgumentsCamelCase) => Promise<number>
}

/** Types a command's arguments by its options. */
export const command = <Args>(row: {
  options: (yargs: Argv) => Argv<Args>
  run: (args: ArgumentsCamelCase<Args>) => Promise<number>
}): Command => row as unknown as Command
