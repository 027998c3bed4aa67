"""Layers of roentgen's backbones that are not in Keras, for inference, under the names of their classes in tfjs."""
import tensorflow as tf
import tf_keras


class Own(tf_keras.layers.Layer):
    def __init__(self, name=None, trainable=True, dtype=None, **config):
        super().__init__(name=name)
        self.config = config


class RoentgenNormalization(Own):
    def build(self, shape):
        add = lambda name, sizes, start: self.add_weight(name=name, shape=sizes, initializer=start)
        self.mean = add("mean", shape[-1:], "zeros")
        self.variance = add("variance", shape[-1:], "ones")
        self.count = add("count", [], "zeros")

    def call(self, x):
        return (x - self.mean) / tf.maximum(tf.sqrt(self.variance), 1e-7)


class RoentgenScaledSum(Own):
    def call(self, maps):
        return maps[0] + self.config["scale"] * maps[1]


class RoentgenEdgePool(Own):
    def call(self, x):
        far = [[0, 1 - side % 2] for side in x.shape[1:3]]
        return tf.nn.max_pool2d(tf.pad(x, [[0, 0], *far, [0, 0]]), 3, 2, "VALID")


LAYERS = {own.__name__: own for own in Own.__subclasses__()}
