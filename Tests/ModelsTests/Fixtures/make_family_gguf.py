"""Writes some checkpoints of `families` as GGUF files, as llama.cpp's converter lays them out.

usage: make_family_gguf.py

Needs: gguf, numpy, safetensors, torch. Matrices stay bfloat16, so that maps and logits can be compared with
those of the same checkpoint in safetensors.
"""

import json
import math
import pathlib

import gguf
import numpy
import torch
from safetensors.torch import load_file

HERE = pathlib.Path(__file__).resolve().parent

# The fixture, and its architecture in GGUF.
MODELS = {
    "llama-llama3": gguf.MODEL_ARCH.LLAMA, "qwen2": gguf.MODEL_ARCH.QWEN2,
    "qwen3": gguf.MODEL_ARCH.QWEN3, "gemma": gguf.MODEL_ARCH.GEMMA,
    "gemma2-gguf": gguf.MODEL_ARCH.GEMMA2, "gemma3-gguf": gguf.MODEL_ARCH.GEMMA3,
    "phi3-long": gguf.MODEL_ARCH.PHI3, "mixtral": gguf.MODEL_ARCH.LLAMA,
    "qwen2_moe": gguf.MODEL_ARCH.QWEN2MOE, "qwen3_moe": gguf.MODEL_ARCH.QWEN3MOE,
    "bert": gguf.MODEL_ARCH.BERT,
}
# What an expert's matrices are called in the fused tensors' names.
MATRICES = {"w1": "gate", "w2": "down", "w3": "up", "gate_proj": "gate", "down_proj": "down", "up_proj": "up"}


def interleaved(matrix, heads):
    """The order of rows in which llama.cpp turns pairs that lie side by side."""
    rows, columns = matrix.shape
    return matrix.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def llama3_divisors(rope, width):
    """What each frequency is divided by; all that the file keeps of the scaling."""
    low, high = rope["low_freq_factor"], rope["high_freq_factor"]
    for i in range(0, width, 2):
        turns = rope["original_max_position_embeddings"] * rope["rope_theta"] ** (-i / width) / 2 / math.pi
        if turns < low:
            yield rope["factor"]
        elif turns > high:
            yield 1.0
        else:
            smooth = (turns - low) / (high - low)
            yield 1 / ((1 - smooth) / rope["factor"] + smooth)


def settings(writer, config, name):
    heads = config["num_attention_heads"]
    width = config.get("head_dim") or config["hidden_size"] // heads
    if name == "bert":
        writer.add_context_length(config["max_position_embeddings"])
        writer.add_embedding_length(config["hidden_size"])
        writer.add_block_count(config["num_hidden_layers"])
        writer.add_feed_forward_length(config["intermediate_size"])
        writer.add_head_count(heads)
        writer.add_layer_norm_eps(config["layer_norm_eps"])
        writer.add_causal_attention(False)
        return
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(width)
    writer.add_value_length(width)
    writer.add_rope_dimension_count(width)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    rope = config["rope_parameters"]
    rope = rope.get("full_attention", rope)
    writer.add_rope_freq_base(rope["rope_theta"])
    experts = config.get("num_local_experts") or config.get("num_experts")
    if experts:
        writer.add_expert_count(experts)
        writer.add_expert_used_count(config["num_experts_per_tok"])
    if "moe_intermediate_size" in config:
        writer.add_expert_feed_forward_length(config["moe_intermediate_size"])
    if "shared_expert_intermediate_size" in config:
        writer.add_expert_shared_feed_forward_length(config["shared_expert_intermediate_size"])
    if config.get("sliding_window") and name.startswith("gemma"):
        writer.add_sliding_window(config["sliding_window"])
    if name.startswith("gemma2"):
        writer.add_attn_logit_softcapping(config["attn_logit_softcapping"])
        writer.add_final_logit_softcapping(config["final_logit_softcapping"])
    kind = rope["rope_type"]
    if kind == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope["factor"])
    if kind == "llama3":
        divisors = numpy.array(list(llama3_divisors(rope, width)), dtype=numpy.float32)
        writer.add_tensor("rope_freqs.weight", divisors)
    if kind == "longrope":
        original = rope["original_max_position_embeddings"]
        writer.add_rope_scaling_orig_ctx_len(original)
        scale = config["max_position_embeddings"] / original
        writer.add_rope_scaling_attn_factors(math.sqrt(1 + math.log(scale) / math.log(original)))
        for length in ("long", "short"):
            factors = numpy.array(rope[f"{length}_factor"], dtype=numpy.float32)
            writer.add_tensor(f"rope_factors_{length}.weight", factors)


def fused(tensors):
    """The same matrix of all experts as one tensor."""
    found, groups = {}, {}
    for name, tensor in tensors.items():
        parts = name.split(".")
        if "experts" not in parts:
            found[name] = tensor
            continue
        at = parts.index("experts")
        target = f"blk.{parts[2]}.ffn_{MATRICES[parts[at + 2]]}_exps.weight"
        groups.setdefault(target, {})[int(parts[at + 1])] = tensor
    for target, group in groups.items():
        found[target] = torch.stack([group[number] for number in sorted(group)])
    return found


def write(name, architecture):
    folder = HERE / ("encoders" if name == "bert" else "families") / name
    config = json.loads((folder / "config.json").read_text())
    writer = gguf.GGUFWriter(HERE / "gguf" / f"{name}.gguf", gguf.MODEL_ARCH_NAMES[architecture])
    settings(writer, config, name)
    names = gguf.get_tensor_name_map(architecture, config["num_hidden_layers"])
    # A layer without experts among those with them.
    plain = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN3, config["num_hidden_layers"])
    for source, tensor in fused(load_file(folder / "model.safetensors")).items():
        # What stands on top of a BERT has no place in the file.
        if source.startswith(("cls.", "bert.pooler.")):
            continue
        source = source.removeprefix("bert.")
        target = source if source.startswith("blk.") else (
            names.get_name(source, try_suffixes=(".weight", ".bias"))
            or plain.get_name(source, try_suffixes=(".weight", ".bias")))
        if target.endswith("ffn_gate_inp_shexp.weight"):
            tensor = tensor.squeeze()
        if architecture == gguf.MODEL_ARCH.LLAMA and ("q_proj" in source or "k_proj" in source):
            heads = config["num_attention_heads" if "q_proj" in source else "num_key_value_heads"]
            tensor = interleaved(tensor, heads)
        if tensor.dim() == 1 or tensor.dtype == torch.float32:
            value = tensor.float().numpy()
            if name.startswith("gemma") and source.endswith("norm.weight"):
                value = value + 1
            writer.add_tensor(target, value)
        else:
            raw = tensor.contiguous().view(torch.uint8).numpy()
            writer.add_tensor(target, raw, raw_dtype=gguf.GGMLQuantizationType.BF16)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    for name, architecture in MODELS.items():
        write(name, architecture)
