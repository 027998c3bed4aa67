"""The loop of mlmed/torchxrayvision's scripts/process_batch.py: one film at a time, read by scikit-image, cut to a square,
resized by scikit-image; with ONNX Runtime in the place of PyTorch."""
import numpy as np
import skimage.io
import skimage.transform
from peer import SIZE, report, runner, session, turns


def decode(path):
    film = skimage.io.imread(path)
    if film.ndim > 2:
        film = film[:, :, 0]
    height, width = film.shape
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = film[top:top + side, left:left + side]
    resized = skimage.transform.resize(square, (SIZE, SIZE), mode='constant', preserve_range=True)
    return np.clip(resized, 0, 255).astype(np.uint8)


def rounds():
    run = runner(session())
    while True:
        run(decode(next(turns)))
        yield 1


report(rounds())
