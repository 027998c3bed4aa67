/** `roentgen weights`: the published ImageNet weights of the backbones. `fetch` is the one action that uses the network. */
import { RoentgenError } from '../../errors.ts'
import { BACKBONES, type Backbone } from '../../models/index.ts'
import { fetchWeights } from '../weights/fetch.ts'
import { addressOf, isHere, placeOf, weightsFolder, weightsPath } from '../weights/places.ts'
import { PUBLISHED } from '../weights/published.ts'
import { publishedFile, publishedNames, type WeightsWish } from '../weights/weights-table.ts'
import { command } from './command.ts'
import { type Progress, progress } from './progress.ts'

const NAMES = publishedNames()

export default command({
  options: (yargs) =>
    yargs
      .positional('action', {
        choices: ['fetch', 'list', 'path'] as const,
        demandOption: true,
        describe: 'fetch downloads; list shows what there is and what is here; path prints where it lies',
      })
      .positional('name', { choices: Object.keys(BACKBONES), describe: 'the backbone' })
      .option('alpha', { type: 'number', describe: 'width of a MobileNet, as a factor [1]' })
      .option('size', { type: 'number', describe: 'pixels a side that a MobileNet was trained with [224]' })
      .option('top', { type: 'boolean', default: false, describe: "with ImageNet's classifier" })
      .option('json', { type: 'boolean', default: false, describe: 'as JSON' })
      .example('$0 weights fetch vgg16', 'once; then train --weights imagenet takes it')
      .example('$0 weights list', 'what there is, and what is here'),
  async run({ action, name, alpha, size, top, json }) {
    if (name === undefined && action !== 'list') {
      const problem = `words are missing: the backbone whose weights are meant, one of ${NAMES.join(', ')}`
      throw new RoentgenError('ROE_USAGE', { where: `roentgen weights ${action}`, problem })
    }
    const result = await ACTIONS[action]({ backbone: name ?? '', alpha, size, top })
    process.stdout.write(json ? `${JSON.stringify(result.json, null, 2)}\n` : `${result.text}\n`)
    return 0
  },
})

interface Done {
  text: string
  json: unknown
}

const ACTIONS: Readonly<Record<'fetch' | 'list' | 'path', (wish: WeightsWish) => Promise<Done>>> = {
  async fetch(wish) {
    const file = publishedFile(wish)
    say(`from ${addressOf(file)}`)
    const { weightsLicence } = BACKBONES[wish.backbone as keyof typeof BACKBONES]
    say(`licence of these weights: ${weightsLicence}`)
    let shown: Progress | undefined
    const onBytes = (done: number, of: number | null): void => {
      shown ??= progress(of === null ? null : megabytes(of), 'MB')
      shown.update(megabytes(done))
    }
    const fetched = await fetchWeights(file, { onBytes }).finally(() => shown?.end())
    const checked = file.md5 === null ? 'no checksum is published; read whole' : 'MD5 as published'
    say(`${fetched.wasThere ? 'was there' : 'fetched'}, ${checked}`)
    return { text: fetched.path, json: { ...fetched, md5: file.md5 } }
  },
  async path(wish) {
    const path = await weightsPath(wish)
    return { text: path, json: { path } }
  },
  async list({ backbone }) {
    const isMeant = (name: string): boolean => backbone === '' || name === backbone
    const json = await Promise.all(NAMES.filter(isMeant).map(listed))
    const lines = json.map(
      ({ name, here, of, licence, checksums }) =>
        `${name.padEnd(18)}${`${here} of ${of} here`.padEnd(15)}${checksums.padEnd(14)}${licence}`,
    )
    const rest = Object.keys(BACKBONES).filter((name) => isMeant(name) && !NAMES.includes(name))
    const without = `none is published in a form that is read here: ${rest.join(', ')}`
    return {
      text: [`in ${weightsFolder()}`, ...lines, ...(rest.length > 0 ? [without] : [])].join('\n'),
      json,
    }
  },
}

async function listed(name: string) {
  const files = PUBLISHED.filter(({ backbone }) => backbone === name)
  const there = await Promise.all(files.map(isHere))
  const row: Backbone = BACKBONES[name as keyof typeof BACKBONES]
  return {
    name,
    here: there.filter(Boolean).length,
    of: files.length,
    checksums: files.every(({ md5 }) => md5 !== null) ? 'MD5' : 'no checksum',
    licence: row.weightsLicence,
    files: files.map((file, i) => ({ ...file, path: placeOf(file), here: there[i]! })),
  }
}

const say = (line: string): void => void process.stderr.write(`${line}\n`)
const megabytes = (bytes: number): number => Math.round(bytes / 1e6)
