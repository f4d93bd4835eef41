"""A forward pass that keeps everything, and four scores of all heads, in TransformerLens.

usage: transformerlens.py IDS ROUNDS

GPT-2 small's shape with random weights of its own: the library takes checkpoints by name from the network. Prints one
line of two numbers per round: seconds of `run_with_cache` without logits, and of entropy, previous token, induction
and first-token sink on the cached patterns.

Needs: torch, transformer_lens.
"""

import sys
import time

import torch
from transformer_lens import HookedTransformer, HookedTransformerConfig

ids = torch.tensor([[int(i) for i in open(sys.argv[1]).read().split(",")]])
model = HookedTransformer(HookedTransformerConfig(
    n_layers=12, n_heads=12, d_model=768, d_head=64, d_mlp=3072, n_ctx=1024, d_vocab=50257, act_fn="gelu_new",
    normalization_type="LN", device="cpu", seed=0)).eval()
seq = ids.shape[1]
with torch.inference_mode():
    same = ids[0][:, None] == ids[0][None, :]
    follows = torch.zeros(seq, seq)  # follows[q, k]: key k comes right after an earlier occurrence of token q
    follows[:, 1:] = (same & (torch.arange(seq)[None, :] < torch.arange(seq)[:, None])).float()[:, :-1]
    model.run_with_cache(ids, return_type=None)
    for _ in range(int(sys.argv[2])):
        start = time.perf_counter()
        _, cache = model.run_with_cache(ids, return_type=None)
        middle = time.perf_counter()
        for layer in range(model.cfg.n_layers):
            weights = cache["pattern", layer][0]
            torch.special.entr(weights).sum(-1).mean(-1)
            weights.diagonal(-1, 1, 2).mean(-1)
            (weights * follows).sum((1, 2)) / seq
            weights[:, :, 0].mean(-1)
        print(middle - start, time.perf_counter() - middle, flush=True)
        del cache
