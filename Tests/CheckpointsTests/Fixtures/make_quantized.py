"""Writes quantised checkpoints and what they stand for: python make_quantized.py (torch, transformers 5).

MXFP4 is widened by transformers; GPTQ and AWQ are packed here as AutoGPTQ and AutoAWQ do, from
integers whose meaning is plain; float8 is scaled by torch.
"""

import json
import pathlib

import torch
from safetensors.torch import save_file
from transformers.integrations.mxfp4 import convert_moe_packed_tensors

root = pathlib.Path(__file__).parent / "quantized"
torch.manual_seed(3)


def save(name, settings, tensors, expected):
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"quantization_config": settings}) + "\n")
    save_file({k: v.clone().contiguous() for k, v in tensors.items()}, folder / "model.safetensors")
    save_file({k: v.float().contiguous() for k, v in expected.items()}, folder / "expected.safetensors.values")


def pack(numbers, dim, order=range(8)):
    """Eight 4-bit numbers along `dim` per word; the n-th of them goes to place order[n]."""
    parts = numbers.unflatten(dim, (-1, 8)).movedim(dim + 1, -1).long()
    words = sum(parts[..., n] << (4 * place) for n, place in enumerate(order))
    return torch.where(words >= 1 << 31, words - (1 << 32), words).int()


inputs, outputs, group = 32, 16, 8
quants = torch.randint(0, 16, (inputs, outputs))
zeros = torch.randint(1, 16, (inputs // group, outputs))
scales = torch.rand(inputs // group, outputs).half()
shuffled = torch.arange(inputs) // group
shuffled = shuffled[torch.randperm(inputs)]
gptq = {"bits": 4, "group_size": group, "quant_method": "gptq", "desc_act": True}
save(
    "gptq", gptq,
    {"l.qweight": pack(quants, 0), "l.qzeros": pack(zeros - 1, 1), "l.scales": scales, "l.g_idx": shuffled.int()},
    {"l.weight": ((quants - zeros[shuffled]) * scales.float()[shuffled]).t()},
)
order = [0, 4, 1, 5, 2, 6, 3, 7]
groups = torch.arange(inputs) // group
save(
    "awq", {"bits": 4, "group_size": group, "quant_method": "awq", "version": "gemm"},
    {"l.qweight": pack(quants, 1, order), "l.qzeros": pack(zeros, 1, order), "l.scales": scales},
    {"l.weight": ((quants - zeros[groups]) * scales.float()[groups]).t()},
)
blocks = torch.randint(0, 256, (2, 6, 2, 16), dtype=torch.uint8)
exponents = torch.randint(120, 131, (2, 6, 2), dtype=torch.uint8)
save(
    "mxfp4", {"quant_method": "mxfp4"}, {"e.down_proj_blocks": blocks, "e.down_proj_scales": exponents},
    {"e.down_proj": convert_moe_packed_tensors(blocks, exponents, dtype=torch.float32)},
)
weight = torch.randn(5, 7).to(torch.float8_e4m3fn)
block = torch.rand(3, 2)
wide = block.repeat_interleave(2, 0)[:5].repeat_interleave(4, 1)[:, :7]
save(
    "fp8", {"quant_method": "fp8", "weight_block_size": [2, 4]},
    {"l.weight": weight, "l.weight_scale_inv": block}, {"l.weight": weight.float() * wide},
)
rows = torch.rand(5, 1)
save(
    "compressed", {"quant_method": "compressed-tensors", "format": "float-quantized"},
    {"r.weight": weight, "r.weight_scale": rows, "t.weight": weight, "t.weight_scale": torch.tensor([0.5]),
     "t.input_scale": torch.tensor([2.0]), "norm.weight": torch.ones(3)},
    {"r.weight": weight.float() * rows, "t.weight": weight.float() / 2, "norm.weight": torch.ones(3)},
)
