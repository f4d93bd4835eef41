"""Writes the fixtures of the PyTorch reader: python make_pytorch.py (torch 2.5 or later, safetensors).

`zip.pt` and `legacy.pt` hold the same state dict; `expected.safetensors` its tensors side by side.
"""

import argparse
import collections
import pathlib

import torch
from safetensors.torch import save_file

folder = pathlib.Path(__file__).parent / "pytorch"
folder.mkdir(exist_ok=True)

base = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 8
state = collections.OrderedDict(
    plain=base,
    half=base.half()[:2],
    brain=(base * 3).bfloat16(),
    double=base.double()[0],
    integers=torch.tensor([-1, 2, 1 << 40]),
    flags=torch.tensor([True, False]),
    scalar=torch.tensor(2.5),
    empty=torch.zeros(0, 3),
    transposed=base.t(),
    strided=base[1::2, ::2],
    permuted=torch.arange(24, dtype=torch.float16).reshape(2, 3, 4).permute(2, 0, 1),
    view=base[1:3],
    line=base[:, 1],
)
state["parameter"] = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
state["position_ids"] = torch.arange(4).expand(1, -1)
save_file({k: v.detach().clone().contiguous() for k, v in state.items()}, folder / "expected.safetensors")
torch.save(state, folder / "zip.pt")
torch.save(state, folder / "legacy.pt", _use_new_zipfile_serialization=False)

model = torch.nn.Linear(3, 2)
with torch.no_grad():
    model.weight.copy_(torch.arange(6).reshape(2, 3))
    model.bias.zero_()
wrapped = {"module." + k: v for k, v in model.state_dict().items()}
torch.save({"epoch": 3, "state_dict": wrapped, "optimizer": {"state": {}, "lr": 0.1}}, folder / "wrapped.pth")
torch.save({"encoder": model.state_dict(), "head": {"w": torch.ones(1)}}, folder / "nested.pt")
torch.save({"w": torch.ones(1), "arguments": argparse.Namespace(a=1)}, folder / "namespace.pt")
torch.save({"f8": torch.tensor([1.0, -448.0]).to(torch.float8_e4m3fn)}, folder / "float8.pt")
