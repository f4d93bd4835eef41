"""Prompt processing in llama.cpp, and a GGUF of the same shape and numbers as a checkpoint.

usage: llamacpp.py CHECKPOINT GGUF IDS ROUNDS THREADS PRECISION

Writes GGUF from the Llama checkpoint (bfloat16 safetensors) where it does not exist yet, then prints the seconds of
one evaluation of the prompt per round, after one that is not counted. PRECISION is bf16, for weights as they are stored,
or f32, for the same numbers widened in the file. llama.cpp computes the logits of the last position.

Rows of the query and key projections are not reordered for llama.cpp's rotation: its speed does not depend on them.

Needs: numpy, safetensors, gguf, llama-cpp-python.
"""

import json
import pathlib
import struct
import sys
import time

import gguf
import numpy

NAMES = {
    "model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight"}
PARTS = {
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}


def name(tensor):
    if tensor in NAMES:
        return NAMES[tensor]
    layer, part = tensor.removeprefix("model.layers.").removesuffix(".weight").split(".", 1)
    return f"blk.{layer}.{PARTS[part]}.weight"


def tensors(folder):
    """Name, shape and bits of every bfloat16 tensor."""
    for file in sorted(folder.glob("*.safetensors")):
        with open(file, "rb") as stream:
            size = struct.unpack("<Q", stream.read(8))[0]
            header = json.loads(stream.read(size))
        data = numpy.memmap(file, numpy.uint8, "r", 8 + size)
        for key, entry in header.items():
            if key != "__metadata__":
                start, end = entry["data_offsets"]
                yield key, entry["shape"], data[start:end].view(numpy.uint16)


def write(folder, path, precision):
    config = json.loads((folder / "config.json").read_text())
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_vocab_size(config["vocab_size"])
    writer.add_tokenizer_model("none")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(config["rope_theta"])
    is_wide = precision == "f32"
    writer.add_file_type(gguf.LlamaFileType.ALL_F32 if is_wide else gguf.LlamaFileType.MOSTLY_BF16)
    for key, shape, bits in tensors(folder):
        if is_wide or len(shape) == 1:  # norms are single precision in every GGUF
            writer.add_tensor(name(key), (bits.astype(numpy.uint32) << 16).view(numpy.float32).reshape(shape))
        else:
            writer.add_tensor(
                name(key), bits.view(numpy.uint8).reshape(shape[0], 2 * shape[1]),
                raw_dtype=gguf.GGMLQuantizationType.BF16)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main():
    from llama_cpp import Llama

    folder, path = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    if not path.exists():
        write(folder, path, sys.argv[6])
    ids = [int(i) for i in open(sys.argv[3]).read().split(",")]
    threads = int(sys.argv[5])
    model = Llama(
        str(path), n_ctx=len(ids), n_batch=len(ids), n_ubatch=len(ids), n_threads=threads, n_threads_batch=threads,
        verbose=False)
    for round_number in range(int(sys.argv[4]) + 1):
        model.reset()
        start = time.perf_counter()
        model.eval(ids)
        if round_number:
            print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
