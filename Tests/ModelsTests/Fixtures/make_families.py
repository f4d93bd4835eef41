"""Writes the fixtures of the decoder families: tiny random checkpoints and what Hugging Face computes.

usage: make_families.py [--out FOLDER] [NAME ...]

Needs: torch, transformers 5, safetensors. Every checkpoint of family_recipes.py becomes a folder with the
checkpoint in bfloat16 and `expected.safetensors`: a prompt of 14 tokens, `ids`; every map, `attention`
`[layer, head, query, key]`; `hidden_states` `[layer + 1, seq, dModel]`, entering each layer and leaving the
last one before the final norm; `logits` `[seq, vocabulary]`. All from eager attention in float32.
"""

import argparse
import json
import pathlib
import shutil
import zlib

import torch
import transformers
from safetensors.torch import load_file, save_file

from transformers.models.falcon import modeling_falcon

from family_recipes import RECIPES

HERE = pathlib.Path(__file__).resolve().parent
LENGTH = 14


def fill(model, seed):
    """Random weights, large enough that heads are far from uniform and that errors show."""
    generator = torch.Generator().manual_seed(seed)
    shifted = model.config.model_type.startswith("gemma")
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            noise = torch.randn(parameter.shape, generator=generator)
            if any(word in name for word in ("norm", "ln_")):
                one = 0 if name.endswith("bias") or shifted else 1
                parameter.copy_(one + 0.25 * noise)
            elif any(word in name for word in ("embed", "wte", "wpe")):
                # A model that multiplies its embeddings gets them smaller.
                parameter.copy_((0.15 if shifted else 0.6) * noise)
            elif any(word in name for word in ("router", "gate.weight", "sinks")):
                parameter.copy_(0.7 * noise)
            else:
                # Larger, and float32 itself strays by more than the tests allow.
                parameter.copy_(0.25 * noise)
        for name, buffer in model.named_buffers():
            if name.endswith("e_score_correction_bias"):
                buffer.copy_(0.3 * torch.randn(buffer.shape, generator=generator))


def blocks(model):
    base = model.base_model
    base = getattr(base, "decoder", base)
    return next(getattr(base, name) for name in ("h", "layers", "blocks") if hasattr(base, name))


def halve_alibi():
    """Falcon's eager attention of transformers 5.24 adds ALiBi twice, with the mask and beside it; its fused
    attention, and the model as it was trained, once. Halves are exact in bfloat16, so two of them are one."""
    whole = modeling_falcon.build_alibi_tensor
    modeling_falcon.build_alibi_tensor = lambda *given, **named: whole(*given, **named) / 2
    return whole


@torch.no_grad()
def check_falcon(folder, ids, logits):
    """The fused attention of Hugging Face, which adds ALiBi once, gives the same logits."""
    model = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="sdpa").eval()
    fused = model(ids[None], use_cache=False).logits[0]
    assert (fused - logits).abs().max() < 2e-5 * logits.abs().max()


@torch.no_grad()
def expected(folder, ids):
    model = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager").eval()
    residuals = []
    hooks = [
        block.register_forward_pre_hook(
            lambda _, args, kwargs: residuals.append(
                (args[0] if args else kwargs["hidden_states"])[0].clone()),
            with_kwargs=True)
        for block in blocks(model)]
    hooks.append(blocks(model)[-1].register_forward_hook(
        lambda _, args, output: residuals.append(
            (output[0] if isinstance(output, tuple) else output)[0].clone())))
    output = model(ids[None], output_attentions=True, use_cache=False)
    for hook in hooks:
        hook.remove()
    return dict(
        attention=torch.stack(output.attentions)[:, 0].contiguous(),
        hidden_states=torch.stack(residuals), logits=output.logits[0].contiguous())


FP4 = torch.tensor([0, 0.5, 1, 1.5, 2, 3, 4, 6])


def microscaled(shape, generator):
    """Random MXFP4 numbers of a matrix stored `[experts, outputs, inputs]`: blocks, scales, and the parameter
    `[experts, inputs, outputs]` that they are."""
    experts, outputs, inputs = shape
    codes = torch.randint(0, 16, (experts, outputs, inputs // 32, 32), generator=generator)
    exponents = torch.randint(122, 125, (experts, outputs, inputs // 32), generator=generator)
    values = FP4[codes & 7] * (1 - 2 * (codes >> 3)) * torch.exp2(exponents - 127.0)[..., None]
    blocks = codes[..., ::2] | codes[..., 1::2] << 4
    return (blocks.to(torch.uint8), exponents.to(torch.uint8),
            values.reshape(shape).transpose(1, 2).contiguous())


def pack_experts(folder, generator):
    """Puts MXFP4 experts into a checkpoint: first as numbers, for Hugging Face to run, then as blocks."""
    file = folder / "model.safetensors"
    tensors, packed = load_file(file), {}
    for name in [n for n in tensors if n.endswith(("gate_up_proj", "down_proj"))]:
        experts, inputs, outputs = tensors[name].shape
        blocks, scales, tensors[name] = microscaled((experts, outputs, inputs), generator)
        packed |= {f"{name}_blocks": blocks, f"{name}_scales": scales}
    save_file({n: t.to(torch.bfloat16) for n, t in tensors.items()}, file, metadata={"format": "pt"})

    def finish():
        kept = {n: t.to(torch.bfloat16) for n, t in tensors.items() if f"{n}_blocks" not in packed}
        save_file(kept | packed, file, metadata={"format": "pt"})
        config = json.loads((folder / "config.json").read_text())
        config["quantization_config"] = {"quant_method": "mxfp4", "modules_to_not_convert": []}
        (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    return finish


def make(name, folder, seed):
    shutil.rmtree(folder, ignore_errors=True)
    config = RECIPES[name]
    model = transformers.AutoModelForCausalLM.from_config(config).eval()
    fill(model, seed)
    model.to(torch.bfloat16).save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    generator = torch.Generator().manual_seed(1000 + seed)
    ids = torch.randint(0, config.vocab_size, (LENGTH,), generator=generator)
    finish = pack_experts(folder, generator) if name.endswith("-mxfp4") else lambda: None
    whole = halve_alibi() if name == "falcon-alibi" else None
    tensors = {"ids": ids, **expected(folder, ids)}
    finish()
    if whole:
        modeling_falcon.build_alibi_tensor = whole
        check_falcon(folder, ids, tensors["logits"])
    versions = f"torch {torch.__version__}, transformers {transformers.__version__}"
    save_file(tensors, folder / "expected.safetensors", metadata={"versions": versions})
    maps = tensors["attention"]
    entropy = -(maps * maps.clamp_min(1e-30).log()).sum(-1)[:, :, -1]
    print(f"{name:22} last row's entropy {entropy.min():.2f}..{entropy.max():.2f} nats, "
          f"largest logit {tensors['logits'].abs().max():.1f}, "
          f"residual {tensors['hidden_states'].abs().max():.1f}", flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "families")
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(RECIPES)
    if unknown:
        parser.error(f"no such fixture: {', '.join(sorted(unknown))}")
    transformers.utils.logging.disable_progress_bar()
    # One thread: the order of float32 sums then does not depend on the machine's cores.
    torch.set_num_threads(1)
    for name in RECIPES:
        # Of the name, so that a new recipe leaves the others as they are.
        seed = zlib.crc32(name.encode()) % 100_000
        if not arguments.names or name in arguments.names:
            make(name, arguments.out / name, seed)


if __name__ == "__main__":
    main()
