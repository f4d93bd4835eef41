"""Writes `pruned/`: tiny random checkpoints, the same with heads removed by transformers 4, and its logits.

usage: make_pruned.py [NAME...]

Needs: torch, transformers 4 (written with 4.57.3, the last that has `prune_heads`), safetensors, numpy.

For each NAME:

  NAME/whole/    config.json, model.safetensors
  NAME/pruned/   what `save_pretrained` writes after `prune_heads(HEADS)`: `pruned_heads` in config.json, smaller
                 matrices in model.safetensors
  NAME/expected.safetensors   `ids` or `pixel_values`, and `logits` of the pruned model, in float64
"""

import pathlib
import sys

import torch
import transformers
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).parent / "pruned"
HEADS = {0: [1], 1: [0, 3]}
TEXT = dict(vocab_size=32)
BLOCK = dict(hidden_size=16, num_hidden_layers=3, num_attention_heads=4, intermediate_size=24)
MODELS = {
    "gpt2": (transformers.GPT2LMHeadModel, transformers.GPT2Config(
        n_embd=16, n_layer=3, n_head=4, n_positions=24, bos_token_id=0, eos_token_id=0, **TEXT)),
    "bert": (transformers.BertForMaskedLM, transformers.BertConfig(
        max_position_embeddings=24, **TEXT, **BLOCK)),
    "distilbert": (transformers.DistilBertForMaskedLM, transformers.DistilBertConfig(
        dim=16, n_layers=3, n_heads=4, hidden_dim=24, max_position_embeddings=24, **TEXT)),
    "vit": (transformers.ViTForImageClassification, transformers.ViTConfig(
        image_size=8, patch_size=4, num_channels=1, num_labels=5, **BLOCK)),
    "dinov2": (transformers.Dinov2ForImageClassification, transformers.Dinov2Config(
        hidden_size=16, num_hidden_layers=3, num_attention_heads=4, image_size=8, patch_size=4, num_channels=1,
        num_labels=5)),
}


def main():
    torch.set_num_threads(1)
    for name in sys.argv[1:] or MODELS:
        kind, config = MODELS[name]
        torch.manual_seed(0)
        config._attn_implementation = "eager"
        model = kind(config).eval()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.copy_(torch.randn_like(parameter) * 0.3)
        # One of them in shards.
        size = "16KB" if name == "distilbert" else "1GB"
        model.save_pretrained(FOLDER / name / "whole", max_shard_size=size)
        model.prune_heads(HEADS)
        model.save_pretrained(FOLDER / name / "pruned", max_shard_size=size)
        # What the released loader makes of it, not what pruning left in memory.
        loaded = kind.from_pretrained(FOLDER / name / "pruned", attn_implementation="eager").double().eval()
        with torch.no_grad():
            if "vocab_size" in config.to_dict():
                ids = torch.tensor([3, 14, 15, 9, 2, 6, 5, 30])
                expected = {"ids": ids, "logits": loaded(ids[None]).logits[0]}
            else:
                pixels = torch.randn(1, 8, 8)
                expected = {
                    "pixel_values": pixels, "logits": loaded(pixel_values=pixels[None].double()).logits[0]}
        save_file(expected, FOLDER / name / "expected.safetensors")


if __name__ == "__main__":
    main()
