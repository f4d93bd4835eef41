"""Writes the fixtures of the GGUF reader: python make_gguf.py (gguf 0.19, numpy, safetensors).

`types.gguf` holds one tensor of random blocks per type, `types.safetensors` what the gguf package
widens them to. `split-*.gguf` is a model in two parts, `vocabulary.gguf` and
`vocabulary-other.gguf` have no tensors.
"""

import pathlib

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Q
from safetensors.numpy import save_file

folder = pathlib.Path(__file__).parent / "gguf"
folder.mkdir(exist_ok=True)
random = np.random.default_rng(7)


def save(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def blocks(kind, shape):
    """Random bytes, with scales that are ordinary numbers."""
    count, size = gguf.GGML_QUANT_SIZES[kind]
    rows = np.prod(shape[:-1], dtype=int) * shape[-1] // count
    data = random.integers(0, 256, (rows, size), dtype=np.uint8)
    halves = {
        Q.Q4_1: [0, 2], Q.Q5_1: [0, 2], Q.Q2_K: [80, 82], Q.Q3_K: [108], Q.Q4_K: [0, 2],
        Q.Q5_K: [0, 2], Q.Q6_K: [208],
    }.get(kind, [0])
    for place in halves:
        scales = random.normal(0, 0.02, rows).astype(np.float16)
        data[:, place : place + 2] = scales.view(np.uint8).reshape(rows, 2)
    return data.reshape(*shape[:-1], shape[-1] // count * size)


writer = gguf.GGUFWriter(folder / "types.gguf", "llama")
expected = {}
numbers = random.normal(0, 1, (3, 256)).astype(np.float32)
for kind in [Q.F32, Q.F16, Q.BF16]:
    data = gguf.quantize(numbers, kind)
    writer.add_tensor(kind.name, data, raw_dtype=kind)
    expected[kind.name] = gguf.dequantize(data, kind)
for kind in [
    Q.Q4_0, Q.Q4_1, Q.Q5_0, Q.Q5_1, Q.Q8_0, Q.Q2_K, Q.Q3_K, Q.Q4_K, Q.Q5_K, Q.Q6_K, Q.IQ4_NL, Q.IQ4_XS,
]:
    data = blocks(kind, (3, 256))
    writer.add_tensor(kind.name, data, raw_dtype=kind)
    expected[kind.name] = gguf.dequantize(data, kind).reshape(3, 256)
writer.add_tensor("TQ2_0", blocks(Q.TQ2_0, (1, 256)), raw_dtype=Q.TQ2_0)
writer.add_uint8("test.uint8", 200)
writer.add_int8("test.int8", -3)
writer.add_uint16("test.uint16", 60000)
writer.add_int16("test.int16", -300)
writer.add_uint32("test.uint32", 4000000000)
writer.add_int32("test.int32", -70000)
writer.add_uint64("test.uint64", 1 << 60)
writer.add_int64("test.int64", -(1 << 40))
writer.add_float32("test.float32", 0.5)
writer.add_float64("test.float64", 0.1)
writer.add_bool("test.bool", True)
writer.add_string("test.string", "naïve ▁")
writer.add_array("test.strings", ["a", "", "bc"])
writer.add_array("test.ints", [1, -2, 3])
writer.add_array("test.floats", [0.5, 1.5])
save(writer)
save_file(expected, folder / "types.safetensors")

writer = gguf.GGUFWriter(folder / "vocabulary.gguf", "llama")
writer.add_vocab_size(3)
writer.add_tokenizer_model("gpt2")
writer.add_token_list(["a", "b", "ab"])
save(writer)

# One of an architecture that heed does not know.
writer = gguf.GGUFWriter(folder / "vocabulary-other.gguf", "rwkv7")
writer.add_tokenizer_model("gpt2")
writer.add_tokenizer_pre("gpt-2")
writer.add_token_list(["a", "b", "ab"])
writer.add_token_merges(["a b"])
save(writer)

# A model of two parts: what llama.cpp's converter does to the rows of Q and K is done here.
heads, kv_heads, width, inner = 2, 1, 32, 32


def pairs(matrix, count):
    """Rows that turn half against half, stored so that neighbours turn."""
    rows, columns = matrix.shape
    return matrix.reshape(count, 2, rows // count // 2, columns).swapaxes(1, 2).reshape(rows, columns)


weights = {
    "model.embed_tokens.weight": random.normal(0, 1, (6, width)),
    "model.norm.weight": random.normal(1, 0.1, (width,)),
    "model.layers.0.self_attn.q_proj.weight": random.normal(0, 1, (width, width)),
    "model.layers.0.self_attn.k_proj.weight": random.normal(0, 1, (width // 2, width)),
    "model.layers.0.self_attn.v_proj.weight": random.normal(0, 1, (width // 2, width)),
    "model.layers.0.mlp.down_proj.weight": random.normal(0, 1, (width, inner)),
}
weights = {name: value.astype(np.float32) for name, value in weights.items()}
parts = [
    {"token_embd": "model.embed_tokens", "output_norm": "model.norm"},
    {
        "blk.0.attn_q": "model.layers.0.self_attn.q_proj", "blk.0.attn_k": "model.layers.0.self_attn.k_proj",
        "blk.0.attn_v": "model.layers.0.self_attn.v_proj", "blk.0.ffn_down": "model.layers.0.mlp.down_proj",
    },
]
for number, names in enumerate(parts):
    writer = gguf.GGUFWriter(folder / f"split-{number + 1:05}-of-00002.gguf", "llama")
    writer.add_uint16("split.no", number)
    writer.add_uint16("split.count", 2)
    writer.add_int32("split.tensors.count", 6)
    if number == 0:
        writer.add_context_length(64)
        writer.add_embedding_length(width)
        writer.add_block_count(1)
        writer.add_feed_forward_length(inner)
        writer.add_head_count(heads)
        writer.add_head_count_kv(kv_heads)
        writer.add_layer_norm_rms_eps(1e-5)
        writer.add_rope_freq_base(500000.0)
        writer.add_bos_token_id(1)
    for name, other in names.items():
        data = weights[other + ".weight"]
        if name.endswith(("attn_q", "attn_k")):
            data = pairs(data, heads if name.endswith("q") else kv_heads)
        # One of a block type, so that rows of blocks are put in order too.
        kind = Q.Q8_0 if name.endswith("attn_q") else Q.F32
        if kind == Q.Q8_0:
            whole = gguf.quantize(weights[other + ".weight"], kind)
            weights[other + ".weight"] = gguf.dequantize(whole, kind)
        writer.add_tensor(name + ".weight", gguf.quantize(data, kind), raw_dtype=kind)
    save(writer)
save_file(weights, folder / "split.safetensors")
