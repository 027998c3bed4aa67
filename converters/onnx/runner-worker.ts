/** The process in which ONNX Runtime proves a model: see `runner.ts`. */
import { answerRequests } from '../apart.ts'
import { loadEngine } from './onnxruntime.ts'
import { runOnnx } from './run-onnx.ts'
import type { RunRequest } from './runner.ts'

// While the asking process still makes the model. Where it does not load, whoever asks hears of it.
loadEngine().catch(() => {})

answerRequests<RunRequest>(({ model, feeds }) => runOnnx(model, feeds))
