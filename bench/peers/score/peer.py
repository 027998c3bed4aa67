"""What the peers in Python share: films in turn until the time is up, and batches through ONNX Runtime. A peer prints
{films, seconds} as JSON, counted behind the first second."""
import itertools
import json
import sys
import time

import numpy as np
import onnxruntime

SIZE = 224
BATCH = 16
WARM_UP_SECONDS = 1

model, films_file, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
with open(films_file, encoding='utf8') as lines:
    films = lines.read().splitlines()
turns = itertools.cycle(films)


def session():
    return onnxruntime.InferenceSession(model, providers=['CPUExecutionProvider'])


def runner(opened):
    name = opened.get_inputs()[0].name
    return lambda grey: opened.run(None, {name: np.ascontiguousarray(grey).reshape(-1, SIZE, SIZE, 1)})


def report(rounds):
    """Takes rounds, each the number of its films, until the time is up."""
    begun = time.perf_counter()
    counted = start = None
    for count in rounds:
        now = time.perf_counter()
        if start is None:
            if now - begun >= WARM_UP_SECONDS:
                start, counted = now, 0
            continue
        counted += count
        if now - start >= seconds:
            print(json.dumps({'films': counted, 'seconds': now - start}))
            return
