"""OpenVINO on the cpu, one request at a time on all threads, in the precision that is named."""
import openvino
from peer import report, task

core = openvino.Core()
settings = {
    "INFERENCE_PRECISION_HINT": task["precision"],
    "INFERENCE_NUM_THREADS": task["threads"],
    "NUM_STREAMS": 1,
}
model = core.read_model(task["onnx"])
# An open batch would cost it some speed.
model.reshape([task[name] for name in ("batch", "height", "width", "channels")])
compiled = core.compile_model(model, "CPU", settings)
given = compiled.get_property("INFERENCE_PRECISION_HINT").to_string()
if given != task["precision"]:
    raise SystemExit(f"this processor computes in {given}, not in {task['precision']}")
request = compiled.create_infer_request()
version = openvino.__version__.split("-")[0]
report(version, task["threads"], lambda films: request.infer([films], share_inputs=True)[0].copy())
