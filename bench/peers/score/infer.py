"""ONNX Runtime of Python alone, on one prepared batch of 16: what a heavy model cannot be faster than."""
import numpy as np
from peer import BATCH, SIZE, report, runner, session


def rounds():
    run = runner(session())
    batch = np.random.default_rng(1).integers(0, 256, (BATCH, SIZE, SIZE, 1), dtype=np.uint8)
    while True:
        run(batch)
        yield BATCH


report(rounds())
