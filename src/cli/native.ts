/** `roentgen native`: parts that are put together on this machine, since nothing on npm brings them for today's Node. */
import { RoentgenError } from '../../errors.ts'
import { findPart, homeOf, installedOf } from '../native/find.ts'
import { installPart, removePart } from '../native/install.ts'
import type { Part } from '../native/part.ts'
import { PARTS } from '../native/parts.ts'
import { command } from './command.ts'

const NAMES = Object.keys(PARTS) as (keyof typeof PARTS)[]

export default command({
  options: (yargs) =>
    yargs
      .positional('action', {
        choices: ['install', 'list', 'remove'] as const,
        demandOption: true,
        describe: 'install downloads with pip (or uv) and npm, compiles, and tries what it made',
      })
      .positional('part', { choices: NAMES, default: NAMES[0]!, describe: 'which one' })
      .option('gpu', {
        type: 'boolean',
        default: false,
        describe: 'with the libraries of NVIDIA GPUs: 7 GB of disk while it is installed',
      })
      .option('from', {
        type: 'string',
        describe:
          'install: a folder with the files, or one of them with the others beside it; nothing is downloaded',
      })
      .option('json', { type: 'boolean', default: false, describe: 'as JSON' })
      .example('$0 native install tensorflow', "TensorFlow's C library for training, about 640 MB on disk")
      .example('$0 native install tensorflow --from wheels', 'on a machine without network')
      .example('$0 native list', 'what is here, and where'),
  async run({ action, part, gpu, from, json }) {
    const result = await ACTIONS[action](PARTS[part], { gpu, ...(from !== undefined && { from }) })
    process.stdout.write(json ? `${JSON.stringify(result.json, null, 2)}\n` : `${result.text}\n`)
    return 0
  },
})

interface Done {
  text: string
  json: unknown
}

const ACTIONS: Readonly<
  Record<
    'install' | 'list' | 'remove',
    (part: Part, options: { gpu: boolean; from?: string }) => Promise<Done>
  >
> = {
  async install(part, options) {
    const tell = (line: string): void => void process.stderr.write(`${line}\n`)
    const json = await installPart(part, { ...options, tell })
    const { version, folder, says, wasThere } = json
    return { json, text: `${part.name} ${version} ${wasThere ? 'was' : 'is'} in ${folder}: ${says}` }
  },
  async list() {
    const json = await Promise.all(Object.values(PARTS).map(listed))
    return { json, text: json.map(({ text }) => text).join('\n') }
  },
  async remove(part, { gpu }) {
    if (gpu)
      throw new RoentgenError('ROE_OPTION', {
        where: '--gpu',
        expected: '`native install` (`native remove` removes what is there)',
        received: '`native remove`',
      })
    const folders = await removePart(part)
    const text = folders.length === 0 ? `${part.name} is not installed` : `removed ${folders.join(', ')}`
    return { json: { folders }, text }
  },
}

/** A part, whether it is here, and which of its versions is used. */
async function listed(part: Part) {
  const [used, installed] = [await findPart(part), await installedOf(part)]
  const lines = installed.map(
    ({ version, variant, folder }) =>
      `${part.name} ${version} (${variant}) in ${folder}${folder === used?.folder ? '' : ', not used'}`,
  )
  const text =
    lines.length > 0
      ? lines.join('\n')
      : `${part.name} is not installed (it would be in ${homeOf(part)}): ${part.describe}`
  return { name: part.name, installed, used: used?.folder ?? null, text }
}
