"""Times `heed info`, with and without --tensors, on 15 GB checkpoints of every container; only their headers are on the disk.

usage: info.py [--heed .build/release/heed] [--cache FOLDER] [--rounds 5]

Needs: numpy, gguf; torch for the PyTorch files, which are left out without it. The files are sparse: of the weights there
are only the places. Each has 8 billion parameters in bfloat16 under the names and in the shapes of Llama 3, and a
tokenizer of as many pieces and merges, 128,256 and 280,147, in tokenizer.json or in the GGUF file.
"""

import argparse
import json
import pathlib
import pickle
import statistics
import struct
import subprocess
import tempfile
import time

LAYERS, WIDTH, INNER, KEYS, VOCABULARY = 32, 4096, 14336, 1024, 128_256
MERGES = 280_147
CONFIG = dict(
    model_type="llama", architectures=["LlamaForCausalLM"], hidden_size=WIDTH, intermediate_size=INNER,
    num_hidden_layers=LAYERS, num_attention_heads=32, num_key_value_heads=8, vocab_size=VOCABULARY,
    max_position_embeddings=8192, rms_norm_eps=1e-5, rope_theta=500000.0, hidden_act="silu",
    tie_word_embeddings=False, dtype="bfloat16")
MATRICES = {
    "self_attn.q_proj": (WIDTH, WIDTH), "self_attn.k_proj": (KEYS, WIDTH), "self_attn.v_proj": (KEYS, WIDTH),
    "self_attn.o_proj": (WIDTH, WIDTH), "mlp.gate_proj": (INNER, WIDTH), "mlp.up_proj": (INNER, WIDTH),
    "mlp.down_proj": (WIDTH, INNER), "input_layernorm": (WIDTH,), "post_attention_layernorm": (WIDTH,),
}


def shapes():
    found = {"model.embed_tokens.weight": (VOCABULARY, WIDTH), "lm_head.weight": (VOCABULARY, WIDTH)}
    for layer in range(LAYERS):
        found |= {f"model.layers.{layer}.{name}.weight": shape for name, shape in MATRICES.items()}
    return found | {"model.norm.weight": (WIDTH,)}


def size(shape):
    count = 2
    for side in shape:
        count *= side
    return count


def safetensors(path, tensors):
    header, end = {}, 0
    for name, shape in tensors.items():
        header[name] = dict(dtype="BF16", shape=shape, data_offsets=[end, end + size(shape)])
        end += size(shape)
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + end)


def vocabulary():
    """As many pieces and merges as Llama 3 has: pairs of bytes, words of four, and all ways to make them."""
    letters = [chr(c) for c in [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x144)]][:256]
    pairs = [a + b for a in letters for b in letters]
    words = [a + b for a in pairs[:VOCABULARY - 256 - len(pairs)] for b in [pairs[300]]]
    merges = [(a, b) for a in letters for b in letters]
    merges += [(word[:2], word[2:]) for word in words]
    merges += [(word[:2], word[2:]) for word in words] + merges
    return letters + pairs + words, merges[:MERGES]


def folder(path):
    path.mkdir(parents=True, exist_ok=True)
    (path / "config.json").write_text(json.dumps(CONFIG))
    pieces, merges = vocabulary()
    split = {"type": "Split", "pattern": {"Regex": r"\p{N}{1,3}| ?\p{L}+|\s+"}, "behavior": "Isolated", "invert": False}
    last = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    (path / "tokenizer.json").write_text(json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "normalizer": None, "post_processor": None, "decoder": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, last]},
        "added_tokens": [], "model": {
            "type": "BPE", "dropout": None, "unk_token": None, "ignore_merges": True,
            "vocab": {piece: i for i, piece in enumerate(pieces)}, "merges": merges}}, ensure_ascii=False, indent=2))
    return path


def single(path):
    safetensors(folder(path) / "model.safetensors", shapes())


def sharded(path, count=4):
    tensors = list(shapes().items())
    names = [f"model-{i + 1:05}-of-{count:05}.safetensors" for i in range(count)]
    parts = [dict(tensors[i::count]) for i in range(count)]
    for name, part in zip(names, parts):
        safetensors(folder(path) / name, part)
    index = {tensor: name for name, part in zip(names, parts) for tensor in part}
    (path / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}))


def pytorch(path):
    """A zip archive of stored entries whose contents are left out, as torch.save lays it out."""
    import torch

    class Storage:
        def __init__(self, key, count):
            self.key, self.count = key, count

    class Tensor:
        def __init__(self, key, shape):
            self.key, self.shape = key, shape

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            if isinstance(value, Storage):
                return "storage", torch.BFloat16Storage, value.key, "cpu", value.count
            return None

        def reducer_override(self, value):
            if not isinstance(value, Tensor):
                return NotImplemented
            strides = (value.shape[1], 1) if len(value.shape) == 2 else (1,)
            storage = Storage(value.key, size(value.shape) // 2)
            return torch._utils._rebuild_tensor_v2, (storage, 0, value.shape, strides, False, {})

    tensors = {name: Tensor(str(i), shape) for i, (name, shape) in enumerate(shapes().items())}
    with open(folder(path) / "data.pkl", "w+b") as file:
        Pickler(file, protocol=2).dump(tensors)
        file.seek(0)
        program = file.read()
    (path / "data.pkl").unlink()
    entries = [("archive/data.pkl", len(program))]
    entries += [(f"archive/data/{tensor.key}", size(tensor.shape)) for tensor in tensors.values()]
    with open(path / "pytorch_model.bin", "wb") as file:
        central, place = b"", 0
        for name, length in entries:
            sizes = struct.pack("<HHQQ", 1, 16, length, length)
            common = struct.pack("<HHHHHIII", 45, 0, 0, 0, 0, 0, 0xFFFFFFFF, 0xFFFFFFFF)
            file.seek(place)
            file.write(b"PK\3\4" + common + struct.pack("<HH", len(name), len(sizes)) + name.encode() + sizes)
            if name.endswith("pkl"):
                file.write(program)
            extra = struct.pack("<HHQQQ", 1, 24, length, length, place)
            central += (b"PK\1\2" + struct.pack("<H", 45) + common
                        + struct.pack("<HHHHHII", len(name), len(extra), 0, 0, 0, 0, 0xFFFFFFFF)
                        + name.encode() + extra)
            place += 30 + len(name) + len(sizes) + length
        file.seek(place)
        end = place + len(central)
        file.write(
            central
            + b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, len(entries), len(entries), len(central), place)
            + b"PK\6\7" + struct.pack("<IQI", 0, end, 1)
            + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0))


def packed(path):
    import gguf

    path.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(path / "model.gguf", "llama")
    writer.add_context_length(8192)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(32)
    writer.add_head_count_kv(8)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(500000.0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    # As many pieces and merges as Llama 3 has: pairs of bytes, then pairs of those.
    letters = [chr(c) for c in [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x144)]][:256]
    pieces = letters + [a + b for a in letters for b in letters]
    pieces += [a + b for a in pieces[256:] for b in letters[:2]]
    merges = [f"{a} {b}" for a in letters for b in letters]
    merges += [f"{a} {b}" for a in pieces[256:65_792] for b in letters[:1]]
    merges = (merges * 3)[:280_147]
    writer.add_token_list(pieces[:VOCABULARY])
    writer.add_token_merges([m for m in merges])
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, LAYERS)
    for name, shape in shapes().items():
        target = names.get_name(name, try_suffixes=(".weight",))
        writer.add_tensor_info(target, shape, "uint16", size(shape), raw_dtype=gguf.GGMLQuantizationType.BF16)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()
    with open(path / "model.gguf", "r+b") as file:
        start = file.seek(0, 2)
        file.truncate((start + 31) // 32 * 32 + sum(map(size, shapes().values())))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heed", default=".build/release/heed")
    parser.add_argument("--cache", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "heed-bench" / "info")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    makers = {"safetensors": single, "safetensors, 4 shards": sharded, "PyTorch": pytorch, "GGUF": packed}
    for name, make in makers.items():
        path = arguments.cache / make.__name__
        if not path.exists():
            try:
                make(path)
            except ImportError as missing:
                print(f"{name:24} left out: {missing}")
                continue
        model = path / "model.gguf" if make is packed else path
        for options in ([], ["--tensors"]):
            times = []
            for _ in range(arguments.rounds):
                start = time.perf_counter()
                subprocess.run([arguments.heed, "info", model, *options], check=True, capture_output=True)
                times.append(time.perf_counter() - start)
            print(f"{name:24} {' '.join(options):10} {statistics.median(times):.3f} s, "
                  f"{min(times):.3f} to {max(times):.3f}", flush=True)


if __name__ == "__main__":
    main()
