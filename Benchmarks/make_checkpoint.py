"""Writes a random checkpoint of any Llama or GPT-2 shape, a tensor at a time.

usage: make_checkpoint.py FOLDER [--shape NAME] [--family llama|gpt2] [--layers N] [--heads N] [--kv-heads N]
                          [--width N] [--mlp N] [--vocabulary N] [--context N] [--dtype f32|f16|bf16]
                          [--shard BYTES] [--seed N]

Shapes, which the other options override: gpt2-small, rope-small (the same size with RoPE, 32768 tokens), llama-1b
(TinyLlama's), llama-7b. What is written is what `save_pretrained` writes: config.json, and safetensors in files of at
most `--shard` bytes with their index. Weights are normal with deviation 0.02, norms one, biases zero: speed does
not depend on them, and nothing overflows. One block of 64 Mi random numbers is drawn and used again from another place for each
tensor, so that 13 GB take a minute; memory stays below 1 GB.

Needs: numpy.
"""

import argparse
import json
import pathlib
import shutil
import struct
import sys

import numpy

SHAPES = {
    "gpt2-small": dict(family="gpt2", layers=12, heads=12, width=768, mlp=3072, vocabulary=50257, context=1024),
    "rope-small": dict(family="llama", layers=12, heads=12, width=768, mlp=2048, vocabulary=32000, context=32768),
    "llama-1b": dict(
        family="llama", layers=22, heads=32, kv_heads=4, width=2048, mlp=5632, vocabulary=32000, context=2048),
    "llama-7b": dict(family="llama", layers=32, heads=32, width=4096, mlp=11008, vocabulary=32000, context=4096),
}
BYTES = {"f32": 4, "f16": 2, "bf16": 2}
TORCH = {"f32": "float32", "f16": "float16", "bf16": "bfloat16"}


def llama_tensors(s):
    width, head = s.width, s.width // s.heads
    yield "model.embed_tokens.weight", (s.vocabulary, width)
    for i in range(s.layers):
        at = f"model.layers.{i}."
        yield at + "input_layernorm.weight", (width,)
        yield at + "self_attn.q_proj.weight", (width, width)
        yield at + "self_attn.k_proj.weight", (s.kv_heads * head, width)
        yield at + "self_attn.v_proj.weight", (s.kv_heads * head, width)
        yield at + "self_attn.o_proj.weight", (width, width)
        yield at + "post_attention_layernorm.weight", (width,)
        yield at + "mlp.gate_proj.weight", (s.mlp, width)
        yield at + "mlp.up_proj.weight", (s.mlp, width)
        yield at + "mlp.down_proj.weight", (width, s.mlp)
    yield "model.norm.weight", (width,)
    yield "lm_head.weight", (s.vocabulary, width)


def gpt2_tensors(s):
    width = s.width
    yield "wte.weight", (s.vocabulary, width)
    yield "wpe.weight", (s.context, width)
    for i in range(s.layers):
        at = f"h.{i}."
        for norm in ("ln_1", "ln_2"):
            yield at + norm + ".weight", (width,)
            yield at + norm + ".bias", (width,)
        for name, shape in (
                ("attn.c_attn", (width, 3 * width)), ("attn.c_proj", (width, width)),
                ("mlp.c_fc", (width, s.mlp)), ("mlp.c_proj", (s.mlp, width))):
            yield at + name + ".weight", shape
            yield at + name + ".bias", shape[1:]
    yield "ln_f.weight", (width,)
    yield "ln_f.bias", (width,)


def config(s):
    common = dict(vocab_size=s.vocabulary, torch_dtype=TORCH[s.dtype])
    if s.family == "gpt2":
        return dict(
            common, model_type="gpt2", architectures=["GPT2Model"], n_layer=s.layers, n_head=s.heads, n_embd=s.width,
            n_inner=s.mlp, n_positions=s.context, n_ctx=s.context, layer_norm_epsilon=1e-5,
            activation_function="gelu_new")
    return dict(
        common, model_type="llama", architectures=["LlamaForCausalLM"], num_hidden_layers=s.layers,
        num_attention_heads=s.heads, num_key_value_heads=s.kv_heads, hidden_size=s.width, intermediate_size=s.mlp,
        max_position_embeddings=s.context, rms_norm_eps=1e-5, rope_theta=10000.0, hidden_act="silu",
        tie_word_embeddings=False, attention_bias=False, mlp_bias=False)


def narrowed(numbers, dtype):
    if dtype == "f32":
        return numbers
    if dtype == "f16":
        return numbers.astype(numpy.float16)
    bits = numbers.view(numpy.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(numpy.uint16)


def write_shard(path, tensors, s, pool, generator):
    header, offset = {}, 0
    for name, shape in tensors:
        size = int(numpy.prod(shape)) * BYTES[s.dtype]
        header[name] = dict(dtype=s.dtype.upper(), shape=list(shape), data_offsets=[offset, offset + size])
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 64)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, shape in tensors:
            left = int(numpy.prod(shape))
            if len(shape) == 1:
                value = 0.0 if name.endswith("bias") else 1.0
                narrowed(numpy.full(left, value, numpy.float32), s.dtype).tofile(file)
                continue
            while left:
                start = int(generator.integers(0, pool.size // 2))
                part = pool[start:start + left]
                part.tofile(file)
                left -= part.size


def shards(tensors, s):
    """The tensors in groups of at most `s.shard` bytes."""
    group, size = [], 0
    for name, shape in tensors:
        bytes_ = int(numpy.prod(shape)) * BYTES[s.dtype]
        if group and size + bytes_ > s.shard:
            yield group
            group, size = [], 0
        group.append((name, shape))
        size += bytes_
    yield group


def write(folder, s):
    tensors = list(llama_tensors(s) if s.family == "llama" else gpt2_tensors(s))
    total = sum(int(numpy.prod(shape)) for _, shape in tensors) * BYTES[s.dtype]
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if total + (1 << 30) > free:
        sys.exit(f"{folder}: {total >> 20} MiB to write, {free >> 20} MiB free")
    generator = numpy.random.default_rng(s.seed)
    count = min(64 << 20, max(1 << 20, total // BYTES[s.dtype]))
    pool = narrowed(generator.standard_normal(count, numpy.float32) * numpy.float32(0.02), s.dtype)
    groups = list(shards(tensors, s))
    names = ["model.safetensors"] if len(groups) == 1 else [
        f"model-{i + 1:05}-of-{len(groups):05}.safetensors" for i in range(len(groups))]
    for name, group in zip(names, groups):
        write_shard(folder / name, group, s, pool, generator)
    if len(groups) > 1:
        index = {tensor: name for name, group in zip(names, groups) for tensor, _ in group}
        (folder / "model.safetensors.index.json").write_text(
            json.dumps(dict(metadata=dict(total_size=total), weight_map=index), indent=1))
    # Last: a folder with a config.json is whole.
    (folder / "config.json").write_text(json.dumps(config(s), indent=1) + "\n")
    print(f"{folder}: {total / 2**20:.0f} MiB in {len(groups)} files", file=sys.stderr)


def shape(name, **changes):
    """A shape by name, as `write` takes it."""
    s = argparse.Namespace(kv_heads=None, dtype="f32", shard=4 << 30, seed=0)
    given = {key: value for key, value in changes.items() if value is not None}
    vars(s).update(SHAPES[name] | given)
    s.kv_heads = s.kv_heads or s.heads
    return s


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--shape", choices=SHAPES, default="gpt2-small")
    parser.add_argument("--family", choices=["llama", "gpt2"])
    for option in ("layers", "heads", "kv-heads", "width", "mlp", "vocabulary", "context", "shard", "seed"):
        parser.add_argument(f"--{option}", type=int)
    parser.add_argument("--dtype", choices=BYTES)
    arguments = vars(parser.parse_args())
    folder, name = arguments.pop("folder"), arguments.pop("shape")
    s = shape(name, **arguments)
    if s.width % s.heads or s.heads % s.kv_heads:
        parser.error("--width is a multiple of --heads, and --heads of --kv-heads")
    write(folder, s)


if __name__ == "__main__":
    main()
