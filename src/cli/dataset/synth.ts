/** `roentgen dataset synth`: made-up films as a labelled set. */
import { RoentgenError } from '../../../errors.ts'
import { PHANTOM_CLASSES, writePhantoms } from '../../dataset/synth.ts'
import { command } from '../command.ts'
import { progress } from '../progress.ts'
import { requireWhole } from '../require-whole.ts'

export default command({
  options: (yargs) =>
    yargs
      .option('out', {
        alias: 'o',
        type: 'string',
        demandOption: true,
        describe: `folder for the classes (${PHANTOM_CLASSES.join(', ')}) and manifest.csv; not there yet, or empty`,
      })
      .option('films', { type: 'number', default: 100, describe: 'films of each class' })
      .option('size', { type: 'number', default: 256, describe: 'pixels a side, from 16 to 4096' })
      .option('conspicuity', {
        type: 'number',
        default: 1,
        describe: 'factor of the density of the opacities; 1 is as faint as early pneumonia',
      })
      .option('part', {
        type: 'string',
        default: 'train',
        describe: 'a name: sets of other parts of the same seed have other films',
      })
      .option('seed', { type: 'number', default: 42, describe: 'of the films' })
      .example('$0 dataset synth -o films/train --films 200', 'then train --data films/train/manifest.csv')
      .example('$0 dataset synth -o films/test --part test', 'other films of the same kind'),
  async run({ out, films: givenFilms, size: givenSize, conspicuity, part, seed: givenSeed }) {
    const films = requireWhole('--films', givenFilms)
    const size = requireWhole('--size', givenSize, 16, 4096)
    const seed = requireWhole('--seed', givenSeed, 0)
    if (!(conspicuity >= 0 && conspicuity <= 100)) {
      const expected = 'a number from 0 to 100'
      throw new RoentgenError('ROE_OPTION', {
        where: '--conspicuity',
        expected,
        received: String(conspicuity),
      })
    }
    const { update, end } = progress(PHANTOM_CLASSES.length * films, 'films')
    const set = { seed, part, size, conspicuity }
    const count = await writePhantoms(out, set, films, update).finally(end)
    process.stdout.write(`${count} films in ${out}, ${films} of each class; all are made up\n`)
    return 0
  },
})
