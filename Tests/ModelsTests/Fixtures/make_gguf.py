"""Writes the fixtures `llama-full` and `gpt2-standard` as GGUF files, as llama.cpp's converter lays them out.

usage: make_gguf.py

Needs: gguf, numpy, safetensors, torch. Float32, so that maps and logits can be compared with the same
expected values as the safetensors fixtures'.
"""

import json
import pathlib

import gguf
from safetensors.torch import load_file

HERE = pathlib.Path(__file__).resolve().parent


def tensors(folder):
    found = {}
    for file in sorted(folder.glob("model*.safetensors")):
        found.update(load_file(file))
    return {name: tensor.float().numpy() for name, tensor in found.items()}


def interleaved(matrix, heads):
    """The order of rows in which llama.cpp turns pairs that lie side by side."""
    rows, columns = matrix.shape
    return matrix.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def llama():
    folder = HERE / "llama-full"
    config = json.loads((folder / "config.json").read_text())
    writer = gguf.GGUFWriter(HERE / "gguf" / "llama-full.gguf", "llama")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    writer.add_vocab_size(config["vocab_size"])
    names = {
        "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
        "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
        "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
        "mlp.down_proj": "ffn_down",
    }
    outer = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
    for name, value in tensors(folder).items():
        stem, ending = name.rsplit(".", 1)
        if stem in outer:
            target = outer[stem]
        else:
            _, _, layer, rest = stem.split(".", 3)
            if rest in ("self_attn.q_proj", "self_attn.k_proj"):
                heads = config["num_attention_heads" if "q_" in rest else "num_key_value_heads"]
                value = interleaved(value, heads)
            target = f"blk.{layer}.{names[rest]}"
        writer.add_tensor(f"{target}.{ending}", value.copy())
    finish(writer)


def gpt2():
    folder = HERE / "gpt2-standard"
    config = json.loads((folder / "config.json").read_text())
    writer = gguf.GGUFWriter(HERE / "gguf" / "gpt2-standard.gguf", "gpt2")
    writer.add_context_length(config["n_positions"])
    writer.add_embedding_length(config["n_embd"])
    writer.add_block_count(config["n_layer"])
    writer.add_feed_forward_length(config.get("n_inner") or 4 * config["n_embd"])
    writer.add_head_count(config["n_head"])
    writer.add_layer_norm_eps(config["layer_norm_epsilon"])
    names = {
        "ln_1": "attn_norm", "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output",
        "ln_2": "ffn_norm", "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down",
    }
    outer = {"wte": "token_embd", "wpe": "position_embd", "ln_f": "output_norm"}
    for name, value in tensors(folder).items():
        stem, ending = name.removeprefix("transformer.").rsplit(".", 1)
        if stem in outer:
            target = outer[stem]
        elif stem == "lm_head":
            continue
        else:
            _, layer, rest = stem.split(".", 2)
            # Conv1D keeps the inputs first; the file, as everybody else, the outputs.
            if value.ndim == 2:
                value = value.T
            target = f"blk.{layer}.{names[rest]}"
        writer.add_tensor(f"{target}.{ending}", value.copy())
    writer.add_tensor("output.weight", tensors(folder)["transformer.wte.weight"].copy())
    finish(writer)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    (HERE / "gguf").mkdir(exist_ok=True)
    llama()
    gpt2()
