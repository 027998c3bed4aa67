/** transformers.js: the session that its models run, behind its loader; its own pictures are not decoded here. The modules lie
 *  where `npm install` was told to (package.json in `transformers`). */
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { report, task } from './peer.mjs'

const { resolve: find } = createRequire(join(resolve(task.modules), 'here.js'))
const { AutoModel, env, LogLevel, Tensor } = await import(
  pathToFileURL(find('@huggingface/transformers')).href
)
const { batch, height, width, channels, threads } = task
env.allowRemoteModels = false
env.localModelPath = task.models
if (LogLevel !== undefined) env.logLevel = LogLevel.ERROR
const model = await AutoModel.from_pretrained(task.backbone, {
  dtype: 'fp32',
  device: 'cpu',
  session_options: { intraOpNumThreads: threads, interOpNumThreads: 1 },
})
await report({ version: env.version, threads }, async (pixels) => {
  const film = new Tensor('uint8', pixels, [batch, height, width, channels])
  return (await model({ film })).probabilities.data
})
