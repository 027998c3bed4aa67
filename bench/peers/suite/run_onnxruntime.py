"""ONNX Runtime of Python, with the settings of our session."""
import onnxruntime
from peer import report, task

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = task["threads"]
options.inter_op_num_threads = 1
options.log_severity_level = 4
session = onnxruntime.InferenceSession(task["onnx"], options, providers=["CPUExecutionProvider"])
report(onnxruntime.__version__, task["threads"], lambda films: session.run(None, {"film": films})[0])
