/** The table of commands, in the order of the help. */
import type { Command } from './command.ts'
import { doctor } from './doctor.ts'
import { errors } from './errors.ts'
import { evaluate } from './evaluate.ts'
import { preview } from './preview.ts'
import { score } from './score.ts'
import { train } from './train.ts'

export const COMMANDS: readonly Command[] = [train, score, evaluate, preview, doctor, errors]
