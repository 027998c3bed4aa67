"""Gives an ONNX file of another program (PyTorch, say) what `roentgen score` asks for: an input of bytes, scaled inside,
probabilities, and metadata. Set what stands in capitals as the model was trained. Tried with Python 3.11 and onnx 1.23.

    python onnx-for-score.py theirs.onnx ours.onnx
"""
import json
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LABELS = ["normal", "opacity"]  # in the order of the outputs, two at least
ACTIVATION = "softmax"  # or "sigmoid", where labels do not exclude each other
GIVES_LOGITS = True  # the file ends before it
HEIGHT, WIDTH, CHANNELS = 224, 224, 3  # 1 channel or 3; what the model takes
CHANNELS_FIRST = True  # [N, channels, height, width], as in PyTorch
MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]  # of values in 0..1, one for each channel
FIT, KERNEL = "stretch", "pil-bilinear"  # stretch, pad or crop; kernels: see the table in README.md

model = onnx.load(sys.argv[1])
graph = model.graph
weights = {tensor.name for tensor in graph.initializer}
[taken] = [value for value in graph.input if value.name not in weights]
[given] = graph.output

# (byte / 255 - mean) / deviation = byte * factor + offset
deviation = np.array(DEVIATION, np.float32)
graph.initializer.extend([
    numpy_helper.from_array(np.float32(1) / (np.float32(255) * deviation), "score/factor"),
    numpy_helper.from_array(-np.array(MEAN, np.float32) / deviation, "score/offset"),
])
last = "score/scaled" if CHANNELS_FIRST else taken.name
before = [
    helper.make_node("Cast", ["film"], ["score/numbers"], "score/cast", to=TensorProto.FLOAT),
    helper.make_node("Mul", ["score/numbers", "score/factor"], ["score/product"], "score/mul"),
    helper.make_node("Add", ["score/product", "score/offset"], [last], "score/add"),
]
if CHANNELS_FIRST:
    before.append(helper.make_node("Transpose", [last], [taken.name], "score/transpose", perm=[0, 3, 1, 2]))
nodes = [*before, *graph.node]
if GIVES_LOGITS:
    nodes.append(helper.make_node(ACTIVATION.capitalize(), [given.name], ["probabilities"], "score/activation"))

batch = taken.type.tensor_type.shape.dim[0]
size = batch.dim_value or "N"
film = helper.make_tensor_value_info("film", TensorProto.UINT8, [size, HEIGHT, WIDTH, CHANNELS])
name = "probabilities" if GIVES_LOGITS else given.name
shares = helper.make_tensor_value_info(name, TensorProto.FLOAT, [size, len(LABELS)])
for field, values in [(graph.node, nodes), (graph.input, [film]), (graph.output, [shares])]:
    del field[:]
    field.extend(values)

window, fit = {"op": "window"}, {"op": "fit", "how": FIT, "width": WIDTH, "height": HEIGHT, "kernel": KERNEL}
channels = {"op": "channels", "count": CHANNELS, "luma": "rec601"}
facts = {
    "version": 1,
    "kind": "classifier",
    "labels": LABELS,
    "activation": ACTIVATION,
    "preprocessing": {"version": 1, "steps": [window, fit, channels]},
}
for key, value in facts.items():
    entry = model.metadata_props.add()
    entry.key, entry.value = f"roentgen.{key}", value if key == "kind" else json.dumps(value)
onnx.checker.check_model(model)
onnx.save(model, sys.argv[2])
