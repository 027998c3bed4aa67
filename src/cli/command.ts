/** What a file of a command exports: a row of the table COMMANDS. */
import type { ArgumentsCamelCase, Argv } from 'yargs'

export interface Command {
  /** With its positionals, as yargs writes them: `score <input>`. */
  name: string
  describe: string
  options: (yargs: Argv) => Argv
  /** @returns the exit status */
  run: (args: ArgumentsCamelCase) => Promise<number>
}

/** Types a command's arguments by its options. */
export const command = <Args>(row: {
  name: string
  describe: string
  options: (yargs: Argv) => Argv<Args>
  run: (args: ArgumentsCamelCase<Args>) => Promise<number>
}): Command => row as unknown as Command
