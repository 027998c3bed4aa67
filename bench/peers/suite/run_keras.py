"""Keras on TensorFlow: the topology and weights of the tfjs model, which are Keras' own, as one graph function."""
import json
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
import tensorflow as tf
import tf_keras
from keras_layers import LAYERS
from peer import report, shape, task

tf.config.threading.set_intra_op_parallelism_threads(task["threads"])


def load(path):
    with open(path, encoding="utf8") as file:
        described = json.load(file)
    topology = described["modelTopology"]
    model = tf_keras.models.model_from_json(json.dumps(topology), custom_objects=LAYERS)
    [manifest] = described["weightsManifest"]
    [name] = manifest["paths"]
    numbers = np.fromfile(os.path.join(os.path.dirname(path), name), np.float32)
    tensors, at = {}, 0
    for row in manifest["weights"]:
        size = int(np.prod(row["shape"]))
        tensors[row["name"]] = numbers[at : at + size].reshape(row["shape"])
        at += size
    for layer in model.layers:
        keys = [f"{layer.name}/{weight.name.split('/')[-1].split(':')[0]}" for weight in layer.weights]
        layer.set_weights([tensors[key] for key in keys])
    return model


model = load(task["tfjs"])


@tf.function(input_signature=[tf.TensorSpec(shape, tf.uint8)])
def compute(films):
    return model(tf.cast(films, tf.float32) * task["scale"] + task["offset"], training=False)


version = f"{tf_keras.__version__} on TensorFlow {tf.__version__}"
report(version, task["threads"], lambda films: compute(films).numpy())
