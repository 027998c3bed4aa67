"""The same steps in Keras: see train.ts. Written for TensorFlow 2.16.2, with tf_keras 2.16.0 (--keras 2) or keras 3.15.1."""
import argparse, json, os, time

arguments = argparse.ArgumentParser()
for name, kind, default in (
    ('keras', int, 2), ('backbone', str, 'mobilenet'), ('alpha', float, None), ('frozen', int, 0), ('batch', int, 8),
    ('steps', int, 5), ('warmup', int, 2), ('size', int, 224), ('optimizer', str, 'adam')):
    arguments.add_argument(f'--{name}', type=kind, default=default)
given = arguments.parse_args()
os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
os.environ['CUDA_VISIBLE_DEVICES'] = ''

import numpy as np
import tensorflow as tf
if given.keras == 2:
    import tf_keras as keras
else:
    import keras

keras.utils.set_random_seed(1)
APPLICATIONS = {'vgg16': keras.applications.VGG16, 'mobilenet': keras.applications.MobileNet}
options = {} if given.alpha is None else {'alpha': given.alpha}
trunk = APPLICATIONS[given.backbone](
    weights=None, include_top=False, input_shape=(given.size, given.size, 3), **options)
for layer in trunk.layers[:given.frozen]:
    layer.trainable = False
pooled = keras.layers.GlobalAveragePooling2D()(trunk.outputs[0])
model = keras.Model(trunk.inputs, keras.layers.Dense(3, activation='softmax')(pooled))
optimizer = keras.optimizers.Adam(1e-3) if given.optimizer == 'adam' else keras.optimizers.SGD(1e-3, momentum=0.9)
model.compile(optimizer=optimizer, loss='categorical_crossentropy')
x = np.random.default_rng(1).random((given.batch, given.size, given.size, 3), dtype=np.float32)
y = np.eye(3, dtype=np.float32)[np.arange(given.batch) % 3]
seconds, cpu_seconds = [], []
for step in range(given.warmup + given.steps):
    begun, used = time.perf_counter(), time.process_time()
    loss = model.train_on_batch(x, y)
    if step >= given.warmup:
        seconds.append(time.perf_counter() - begun)
        cpu_seconds.append(time.process_time() - used)
trainable = int(sum(np.prod(w.shape) for w in model.trainable_weights))
print(json.dumps({'engine': {'name': f'Keras {keras.__version__}', 'version': tf.__version__},
                  'trainable': trainable, 'loss': float(loss), 'seconds': seconds, 'cpuSeconds': cpu_seconds}))
