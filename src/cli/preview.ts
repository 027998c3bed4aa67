/** `roentgen preview`: the very pixels that a model sees of a film, as a PNG. */

import { writeWhole } from '../../whole-file.ts'
import { decodeFilm } from '../image/decode.ts'
import { encodePng } from '../image/encode.ts'
import { preprocess } from '../image/preprocess.ts'
import { openAnyModelFile } from '../infer/model-file.ts'
import { command } from './command.ts'

export default command({
  options: (yargs) =>
    yargs
      .positional('film', { type: 'string', demandOption: true, describe: 'one film' })
      .option('model', { alias: 'm', type: 'string', demandOption: true, describe: 'ONNX model of roentgen' })
      .option('out', { alias: 'o', type: 'string', demandOption: true, describe: 'the PNG file to write' })
      .example('$0 preview film.jpg -m run/model.onnx -o seen.png', ''),
  async run({ film, model, out }) {
    const { preprocessing } = await openAnyModelFile(model)
    const pixels = preprocess(await decodeFilm(film), preprocessing)
    await writeWhole(out, await encodePng(pixels))
    const { width, height, channels } = pixels
    process.stderr.write(`${out}: ${width} x ${height} pixels, ${channels === 1 ? 'grey' : 'RGB'}\n`)
    return 0
  },
})
