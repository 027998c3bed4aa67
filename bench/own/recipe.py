"""The same recipe in Keras, as its author published it: see recipe.ts. Written for TensorFlow 2.16.2 with tf_keras 2.16.0,
scipy and Pillow; films are read once and kept in memory."""
import argparse, os, tempfile

arguments = argparse.ArgumentParser()
for name, kind, default in (
    ('films', str, None), ('backbone', str, 'vgg16'), ('alpha', float, None), ('epochs', int, 25), ('size', int, 224)):
    arguments.add_argument(f'--{name}', type=kind, default=default)
arguments.add_argument('--augment', action='store_true')
given = arguments.parse_args()
os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
os.environ['CUDA_VISIBLE_DEVICES'] = ''

import numpy as np
import tf_keras as keras
from tf_keras.preprocessing.image import ImageDataGenerator, img_to_array, load_img

keras.utils.set_random_seed(42)
labels = sorted(entry.name for entry in os.scandir(given.films) if entry.is_dir())
x, y = [], []
for row, label in enumerate(labels):
    for name in sorted(os.listdir(os.path.join(given.films, label))):
        film = load_img(os.path.join(given.films, label, name), target_size=(given.size, given.size), interpolation='bilinear')
        x.append(img_to_array(film) / 255)
        y.append(row)
x, y = np.asarray(x, np.float32), np.eye(len(labels), dtype=np.float32)[y]
order = np.random.default_rng(42).permutation(len(x))
held, rest = order[:len(x) // 5], order[len(x) // 5:]

APPLICATIONS = {'vgg16': keras.applications.VGG16, 'mobilenet': keras.applications.MobileNet}
options = {} if given.alpha is None else {'alpha': given.alpha}
trunk = APPLICATIONS[given.backbone](
    weights=None, include_top=False, input_shape=(given.size, given.size, 3), **options)
trunk.trainable = False
head = keras.layers.Flatten()(keras.layers.AveragePooling2D(4)(trunk.output))
head = keras.layers.Dropout(0.5)(keras.layers.Dense(64, activation='relu')(head))
model = keras.Model(trunk.input, keras.layers.Dense(len(labels), activation='softmax')(head))
loss = 'binary_crossentropy' if len(labels) == 2 else 'categorical_crossentropy'
model.compile(
    optimizer=keras.optimizers.legacy.Adam(1e-3, decay=1e-3 / given.epochs), loss=loss, metrics=['accuracy'])
generator = ImageDataGenerator(rotation_range=15 if given.augment else 0, fill_mode='nearest')
films = generator.flow(x[rest], y[rest], batch_size=8) if given.augment else None
fitted = model.fit(
    films if given.augment else x[rest], None if given.augment else y[rest],
    batch_size=None if given.augment else 8, epochs=given.epochs, validation_data=(x[held], y[held]), verbose=0)
with tempfile.TemporaryDirectory() as folder:
    model.save(os.path.join(folder, 'model.h5'))
print(len(rest), 'films', len(fitted.history['loss']), 'epochs')
