/** The process in which ONNX Runtime proves a model: see `runner.ts`. */
import { answerRequests } from '../apart.ts'
import { runOnnx } from './run-onnx.ts'
import type { RunRequest } from './runner.ts'

answerRequests<RunRequest>(({ model, feeds }) => runOnnx(model, feeds))
