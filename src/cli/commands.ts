/** The table of commands, in the order of the help. */
import type { Command } from './command.ts'
import { doctor } from './doctor.ts'
import { errors } from './errors.ts'
import { score } from './score.ts'

export const COMMANDS: readonly Command[] = [score, doctor, errors]
