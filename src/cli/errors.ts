/** `roentgen errors`: the table of codes. */
import { ERRORS } from '../../errors.ts'
import { command } from './command.ts'

export default command({
  options: (yargs) => yargs.option('json', { type: 'boolean', default: false, describe: 'as JSON' }),
  async run({ json }) {
    const rows = Object.entries(ERRORS).map(([code, { exit, when }]) => ({ code, exit, when }))
    process.stdout.write(
      json
        ? `${JSON.stringify(rows, null, 2)}\n`
        : rows.map(({ code, exit, when }) => `${code.padEnd(22)} ${exit}  ${when}\n`).join(''),
    )
    return 0
  },
})
