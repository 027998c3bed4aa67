"""PyTorch on the cpu, eager: the ONNX file turned into its modules by onnx2torch, so that weights and scaling are the same."""
import onnx
import torch
from onnx import version_converter
from onnx2torch import convert
from peer import report, task

torch.set_num_threads(task["threads"])
model = convert(onnx.load(task["onnx"])).eval()


def run(films):
    with torch.inference_mode():
        return model(torch.from_numpy(films)).numpy()


report(torch.__version__, task["threads"], run)
