/** ONNX Runtime, silenced first. Nothing else imports the package. */
import './no-telemetry.ts'

export * from 'onnxruntime-node'
