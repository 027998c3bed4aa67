"""What the programs in Python share: pixels of a file in, batches until the time is up, one line of JSON out. Run with one
argument, the JSON that `visit.ts` writes. Timed is what a caller waits for: from bytes in memory to numbers in memory."""
import json
import sys
import time

import numpy as np

WARM_UP_SECONDS = 1
# Of a turn: the first one fetches again what the other program's turn drove out of the caches.
LEAST_BATCHES = 3

task = json.loads(sys.argv[1])
shape = [task[name] for name in ("batch", "height", "width", "channels")]
pixels = np.fromfile(task["pixels"], np.uint8, int(np.prod(shape))).reshape(shape)


def report(version, threads, run):
    """As `report` of peer.mjs. `run` takes a batch, uint8 NHWC, and gives probabilities as an array."""
    begun = time.perf_counter()
    outputs = run(pixels)
    while time.perf_counter() - begun < WARM_UP_SECONDS:
        run(pixels)
    if task.get("turns"):
        take_turns(run)
        return
    result = {**timed_batches(run), "version": version, "threads": threads}
    outputs = np.asarray(outputs, np.float64).ravel().tolist()
    print("\n" + json.dumps({**result, "outputs": outputs}), flush=True)


def timed_batches(run, least=1):
    """Whole batches until the seconds are over, and at least so many."""
    start, cpu_start = time.perf_counter(), time.process_time()
    films, elapsed = 0, 0.0
    while elapsed < task["seconds"] or films < least * len(pixels):
        run(pixels)
        films += len(pixels)
        elapsed = time.perf_counter() - start
    return {"films": films, "seconds": elapsed, "cpuSeconds": time.process_time() - cpu_start}


def take_turns(run):
    """Says that it is ready, and is timed at each line that it is given (`beside.ts`)."""
    print('{"ready": true}', flush=True)
    for _ in sys.stdin:
        print(json.dumps(timed_batches(run, LEAST_BATCHES)), flush=True)
