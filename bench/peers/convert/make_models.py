"""Writes the models that bench/peers/convert times: MobileNet v1 and VGG16 without its top, at 224 x 224, weights from a
seed, each as Keras .h5 and as a tfjs GraphModel. tf2onnx needs more than 23 GB for VGG16 with its top, and is killed.
Versions: requirements.txt beside this file, tensorflowjs 4.22.0. Run: python make_models.py OUT"""
import os
import sys
from unittest.mock import MagicMock

os.environ["TF_USE_LEGACY_KERAS"] = "1"
# tensorflowjs imports these when it is loaded; networks of images need none of them.
for name in ("tensorflow_decision_forests", "tensorflow_hub", "jax", "jax.experimental", "jax.experimental.jax2tf"):
    sys.modules[name] = MagicMock()

import tensorflow as tf
from tensorflowjs.converters import tf_saved_model_conversion_v2 as graph

out = sys.argv[1]
tf.keras.utils.set_random_seed(1)
sizes = {"input_shape": (224, 224, 3), "weights": None}
for name, model in (
    ("mobilenet", tf.keras.applications.MobileNet(**sizes)),
    ("vgg16", tf.keras.applications.VGG16(include_top=False, **sizes)),
):
    model.save(f"{out}/{name}.h5")
    tf.saved_model.save(model, f"{out}/{name}_saved")
    graph.convert_tf_saved_model(f"{out}/{name}_saved", f"{out}/{name}_graph")
