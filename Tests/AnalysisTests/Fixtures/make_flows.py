"""Writes flows.json: how attention adds up in two tiny checkpoints, from the papers' formulas and PyTorch's autograd.

usage: make_flows.py

Needs: torch, transformers 5, safetensors. Of the prompt `p17` of two parity fixtures, in float64 (of Llama, Hugging Face goes
through float32 in norms and rotation, which shows at about 1e-6), numbers rounded to nine decimals:

  relevance     Chefer et al. 2021, "Generic Attention-model Explainability", self-attention: for each layer
                R += mean over heads of (dy/dA * A)+ @ R, from R = 1; y is the largest logit after the last token
  rollout       Abnar and Zuidema 2020: the product of the layers' (mean A + 1), rows divided by their sums
  flow          VL-SAM as SCORES.md reads it: S = mean over heads of mean row maximum * A, F = (1 + S)(1 + F), each column
                that n queries see times 1 - (n - 1) / seq after every layer, the first one included
  value, norm   of head 1 of the last layer: A * |v| with rows divided by their sums, and |A v W_O| per edge
"""

import json
import pathlib

import torch
import transformers
from safetensors.torch import load_file

HERE = pathlib.Path(__file__).resolve().parent
CHECKPOINTS = HERE.parents[1] / "ModelsTests/Fixtures"
HEAD = 1


def run(name):
    """Maps with their gradients, and the values and output projection of the last layer's head."""
    folder = CHECKPOINTS / name
    model = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float64, attn_implementation="eager").eval()
    ids = load_file(folder / "expected.safetensors")["p17.ids"]
    config = model.config
    kept = {}
    if name.startswith("gpt2"):
        block = model.transformer.h[-1].attn
        block.c_attn.register_forward_hook(lambda _, __, out: kept.update(v=out[0].split(config.n_embd, -1)[2]))
        output, shared = block.c_proj.weight, HEAD
    else:
        block = model.model.layers[-1].self_attn
        block.v_proj.register_forward_hook(lambda _, __, out: kept.update(v=out[0]))
        output = block.o_proj.weight.T
        shared = HEAD // (config.num_attention_heads // config.num_key_value_heads)
    answer = model(ids[None], output_attentions=True, use_cache=False)
    for maps in answer.attentions:
        maps.retain_grad()
    answer.logits[0, -1].max().backward()
    width = output.shape[0] // answer.attentions[0].shape[1]
    values = kept["v"][:, shared * width:(shared + 1) * width]
    return (
        [maps[0].detach() for maps in answer.attentions], [maps.grad[0] for maps in answer.attentions],
        values.detach(), output[HEAD * width:(HEAD + 1) * width].detach())


def relevance(maps, gradients):
    found = torch.eye(maps[0].shape[-1], dtype=torch.float64)
    for a, gradient in zip(maps, gradients):
        found = found + (a * gradient).clamp(min=0).mean(0) @ found
    return found


def rollout(maps):
    found = torch.eye(maps[0].shape[-1], dtype=torch.float64)
    for a in maps:
        step = a.mean(0) + torch.eye(a.shape[-1], dtype=torch.float64)
        found = step / step.sum(-1, keepdim=True) @ found
    return found


def flow(maps):
    seq = maps[0].shape[-1]
    one = torch.eye(seq, dtype=torch.float64)
    shrink = 1 - (seq - torch.arange(seq, dtype=torch.float64) - 1) / seq
    found = None
    for a in maps:
        s = (a * a.max(-1).values.mean(-1)[:, None, None]).mean(0)
        found = (s if found is None else (one + s) @ (one + found)) * shrink
    return found


def weighted(a, values, output):
    value = a * values.norm(dim=-1)
    # |A v W_O| of every edge on its own, not the weight times a norm: that they agree is part of the test.
    norm = (a[:, :, None] * (values @ output)[None]).norm(dim=-1)
    return value / value.sum(-1, keepdim=True), norm


def main():
    torch.set_num_threads(1)
    transformers.utils.logging.disable_progress_bar()
    found = {}
    for name in ("gpt2-standard", "llama-grouped"):
        maps, gradients, values, output = run(name)
        value, norm = weighted(maps[-1][HEAD], values, output)
        found[name] = {
            key: [round(number, 9) for number in matrix.flatten().tolist()]
            for key, matrix in {
                "relevance": relevance(maps, gradients), "rollout": rollout(maps), "flow": flow(maps), "value": value,
                "norm": norm}.items()}
    (HERE / "flows.json").write_text(json.dumps(found, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
