/** ONNX Runtime 1.30 reports each model and session to its maker unless this is set before it is loaded. Nothing leaves
 *  this machine. @source github.com/microsoft/onnxruntime/pull/27379 */
process.env.ORT_DISABLE_TELEMETRY = '1'
