/** The table of commands, in the order of the help. */
import type { Command } from './command.ts'
import { errors } from './errors.ts'

export const COMMANDS: readonly Command[] = [errors]
