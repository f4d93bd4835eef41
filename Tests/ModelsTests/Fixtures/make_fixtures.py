"""Writes the parity fixtures: tiny random checkpoints and what Hugging Face computes on them.

usage: make_fixtures.py [--out FOLDER] [--novels FOLDER] [NAME ...]

  --out     where the fixtures go; default: the folder of this script
  --novels  the sample checkpoint `samples/novels`; default: looked for beside this repository's
            Tests folder; pass it when it lies elsewhere
  NAME      only these fixtures; default: all

Needs: torch, transformers 5, safetensors. Weights and prompts are seeded, so a rerun with the same
versions changes nothing but perhaps the last bit of the `f32.` values. README.md beside this script
says what each tensor is.
"""

import argparse
import json
import pathlib
import shutil

import torch
import transformers
from safetensors.torch import save_file
from transformers import (
    AutoModelForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
)
from transformers.models.gpt2 import modeling_gpt2
from transformers.models.llama import modeling_llama

HERE = pathlib.Path(__file__).resolve().parent
VOCABULARY, POSITIONS = 64, 64

# One token has nothing to attend to but itself; two are the smallest causal case; seventeen is
# larger than a power of two, so that a kernel's remainder loops run.
LENGTHS = (1, 2, 17)

# One entry per checkpoint. Together they cover: full, grouped and multi-query heads; heads wider
# than hidden / heads; three storage types; shards; tied and untied output heads; biases; a base of
# RoPE that is not the default; large epsilons (a wrong one shows); old spellings of the config.
LLAMA = dict(
    vocab_size=VOCABULARY, hidden_size=32, intermediate_size=48, num_attention_heads=4,
    max_position_embeddings=POSITIONS, bos_token_id=0, eos_token_id=0, pad_token_id=None,
)
GPT2 = dict(
    vocab_size=VOCABULARY, n_embd=32, n_head=4, n_positions=POSITIONS, bos_token_id=0,
    eos_token_id=0,
)
CHECKPOINTS = {
    "llama-full": dict(
        config=LlamaConfig(
            **LLAMA, num_hidden_layers=3, num_key_value_heads=4, head_dim=8, rms_norm_eps=1e-6,
            tie_word_embeddings=False),
        dtype=torch.float32, shard="60KB"),
    "llama-grouped": dict(
        config=LlamaConfig(
            **LLAMA, num_hidden_layers=2, num_key_value_heads=2, head_dim=12, rms_norm_eps=1e-2,
            rope_parameters={"rope_type": "default", "rope_theta": 500000.0},
            tie_word_embeddings=True),
        dtype=torch.float16),
    "llama-multiquery": dict(
        config=LlamaConfig(
            **LLAMA, num_hidden_layers=3, num_key_value_heads=1, head_dim=8, rms_norm_eps=1e-5,
            rope_parameters={"rope_type": "default", "rope_theta": 1000.0},
            attention_bias=True, mlp_bias=True, tie_word_embeddings=False),
        dtype=torch.bfloat16, old_config=True),
    "gpt2-standard": dict(
        config=GPT2Config(
            **GPT2, n_layer=3, activation_function="gelu_new", layer_norm_epsilon=1e-5),
        dtype=torch.float32),
    "gpt2-inverse": dict(
        config=GPT2Config(
            **GPT2, n_layer=2, n_inner=48, activation_function="gelu", layer_norm_epsilon=1e-2,
            scale_attn_by_inverse_layer_idx=True),
        dtype=torch.float32, headless=True),
}

# "When Mary and John went to the store, John gave a drink to", BOS first, in the sample's vocabulary.
NOVELS_TEXT = "When Mary and John went to the store, John gave a drink to"


# ---- what Hugging Face computes -------------------------------------------------------------------

class Recorder:
    """Keeps what passes through eager attention and between blocks, by standing in their way.

    `exact` replaces the three places where Hugging Face's Llama goes through float32 whatever the
    model's type is (RMSNorm, the angles of RoPE, the softmax) by float64, so that a float64 run is
    one. The float32 run is Hugging Face's code untouched.
    """

    def __init__(self, exact):
        self.exact = exact
        self.calls = []
        self.residuals = []

    def __enter__(self):
        self.saved = (
            modeling_llama.eager_attention_forward, modeling_gpt2.eager_attention_forward,
            modeling_llama.LlamaRMSNorm.forward, modeling_llama.LlamaRotaryEmbedding.forward)
        modeling_llama.eager_attention_forward = self.recording(
            exact_attention if self.exact else self.saved[0])
        # GPT-2's eager attention stays in the model's own type.
        modeling_gpt2.eager_attention_forward = self.recording(self.saved[1])
        if self.exact:
            modeling_llama.LlamaRMSNorm.forward = exact_norm
            modeling_llama.LlamaRotaryEmbedding.forward = exact_angles
        return self

    def __exit__(self, *_):
        (modeling_llama.eager_attention_forward, modeling_gpt2.eager_attention_forward,
         modeling_llama.LlamaRMSNorm.forward, modeling_llama.LlamaRotaryEmbedding.forward) = self.saved

    def recording(self, attention):
        def wrapped(module, query, key, value, attention_mask, **kwargs):
            output, weights = attention(module, query, key, value, attention_mask, **kwargs)
            # output: [batch, seq, head, dHead], before it is flattened for the output projection.
            self.calls.append(
                dict(q=query[0], k=key[0], v=value[0], z=output[0].transpose(0, 1),
                     attention=weights[0]))
            return output, weights
        return wrapped

    def tensors(self):
        found = {
            name: torch.stack([call[name] for call in self.calls])
            for name in ("attention", "q", "k", "v", "z")}
        found["hidden_states"] = torch.stack(self.residuals)
        return found


def exact_attention(module, query, key, value, attention_mask, scaling, dropout=0.0, **_):
    groups = module.num_key_value_groups
    keys, values = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    scores = query @ keys.transpose(2, 3) * scaling
    if attention_mask is not None:
        scores = scores + attention_mask
    weights = scores.softmax(-1)
    return (weights @ values).transpose(1, 2).contiguous(), weights


def exact_norm(self, x):
    return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.variance_epsilon))


def exact_angles(self, x, position_ids):
    config = self.config
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    base = config.rope_parameters["rope_theta"]
    frequencies = base ** -(torch.arange(0, width, 2, dtype=x.dtype) / width)
    angles = position_ids[..., None].to(x.dtype) * frequencies
    angles = torch.cat((angles, angles), -1)
    return angles.cos(), angles.sin()


def blocks(model):
    base = model.base_model
    return base.h if hasattr(base, "h") else base.layers


@torch.no_grad()
def run(folder, ids, dtype):
    """One forward pass of the checkpoint in `folder`, widened to `dtype`: tensors by name."""
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=dtype, attn_implementation="eager").eval()
    with Recorder(exact=dtype == torch.float64) as recorder:
        hooks = [
            block.register_forward_pre_hook(
                lambda _, args, kwargs: recorder.residuals.append(
                    (args[0] if args else kwargs["hidden_states"])[0].clone()),
                with_kwargs=True)
            for block in blocks(model)]
        # Hugging Face's own last hidden state is after the final norm; this one is before it.
        hooks.append(blocks(model)[-1].register_forward_hook(
            lambda _, args, output: recorder.residuals.append(
                (output[0] if isinstance(output, tuple) else output)[0].clone())))
        output = model(torch.tensor([ids]), output_attentions=True, use_cache=False)
        for hook in hooks:
            hook.remove()
    found = recorder.tensors()
    assert torch.equal(found["attention"], torch.stack(output.attentions)[:, 0])
    found["logits"] = output.logits[0]
    return {name: tensor.to(torch.float32).contiguous() for name, tensor in found.items()}


def both(folder, ids):
    """The pass in float32, and in float64 rounded to float32 at the end."""
    f32, f64 = run(folder, ids, torch.float32), run(folder, ids, torch.float64)
    apart = {name: (f32[name] - f64[name]).abs().max().item() for name in f32}
    apart["logits"] /= f64["logits"].abs().max().item()
    return f32, f64, apart


# ---- checkpoints ----------------------------------------------------------------------------------

def fill(model, seed):
    """Random weights, large enough that heads are far from uniform and that errors show."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            noise = torch.randn(parameter.shape, generator=generator)
            if "norm" in name or "ln_" in name:
                parameter.copy_((1 if name.endswith("weight") else 0) + 0.25 * noise)
            elif "embed" in name or "wte" in name or "wpe" in name:
                parameter.copy_(0.6 * noise)
            else:
                # Larger, and float32 itself strays by more than the tests allow.
                parameter.copy_(0.25 * noise)


def make_checkpoint(name, recipe, folder, seed):
    config = recipe["config"]
    kind = LlamaForCausalLM if config.model_type == "llama" else GPT2LMHeadModel
    model = kind(config).eval()
    fill(model, seed)
    model.to(recipe["dtype"])
    shard = {"max_shard_size": recipe["shard"]} if "shard" in recipe else {}
    if recipe.get("headless"):
        # As openai-community/gpt2 is stored: no prefix, no head, and each layer's causal mask
        # among the tensors.
        base = model.base_model
        state = dict(base.state_dict())
        triangle = torch.tril(torch.ones(POSITIONS, POSITIONS))[None, None]
        state |= {f"h.{i}.attn.bias": triangle.clone() for i in range(config.n_layer)}
        base.save_pretrained(folder, safe_serialization=True)
        save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    else:
        model.save_pretrained(folder, safe_serialization=True, **shard)
    (folder / "generation_config.json").unlink(missing_ok=True)
    if recipe.get("old_config"):
        respell(folder / "config.json")


def respell(path):
    """Spells a Llama config as transformers 4 did: most checkpoints on disks are that old."""
    config = json.loads(path.read_text())
    config["rope_theta"] = config.pop("rope_parameters")["rope_theta"]
    config["rope_scaling"] = None
    config["torch_dtype"] = config.pop("dtype")
    del config["head_dim"]  # hidden_size / num_attention_heads then
    config["transformers_version"] = "4.40.0"
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def write(folder, tensors):
    # One key: several are written in an order that changes from run to run.
    versions = f"torch {torch.__version__}, transformers {transformers.__version__}"
    save_file(tensors, folder / "expected.safetensors", metadata={"versions": versions})


def report(name, prompt, tensors, apart):
    rows = tensors["attention"]
    entropy = -(rows * rows.clamp_min(1e-30).log()).sum(-1)[:, :, -1]
    print(
        f"{name:18} {prompt:7} last row's entropy {entropy.min():.2f}..{entropy.max():.2f} nats; "
        f"float32 against float64: attention {apart['attention']:.1e}, "
        f"logits {apart['logits']:.1e} of the largest")


def make_tiny(name, folder, seed):
    if folder.exists():
        shutil.rmtree(folder)
    make_checkpoint(name, CHECKPOINTS[name], folder, seed)
    generator = torch.Generator().manual_seed(1000 + seed)
    expected = {}
    for length in LENGTHS:
        ids = torch.randint(0, VOCABULARY, (length,), generator=generator)
        f32, f64, apart = both(folder, ids.tolist())
        expected[f"p{length}.ids"] = ids
        expected |= {f"p{length}.f32.{key}": value for key, value in f32.items()}
        expected |= {f"p{length}.f64.{key}": value for key, value in f64.items()}
        report(name, f"p{length}", f64, apart)
    write(folder, expected)


def make_novels(sample, folder):
    """The sample on two prompts; only a part of what the tiny ones hold, to keep the file small."""
    from tokenizers import Tokenizer
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    mary = Tokenizer.from_file(str(sample / "tokenizer.json")).encode(NOVELS_TEXT).ids
    assert mary[0] == 0, "the tokenizer is expected to add BOS"
    generator = torch.Generator().manual_seed(7)
    passage = torch.randint(1, 4096, (31,), generator=generator).tolist()
    repeat = [0] + passage + passage + passage[:1]
    expected = {"mary.ids": torch.tensor(mary), "repeat.ids": torch.tensor(repeat)}

    f32, f64, apart = both(sample, mary)
    expected["mary.f32.attention"] = f32["attention"]
    expected["mary.f64.attention"] = f64["attention"]
    expected["mary.f32.logits"] = f32["logits"]
    expected["mary.f64.last_logits"] = f64["logits"][-1].clone()
    expected["mary.f64.last_hidden_states"] = f64["hidden_states"][:, -1].clone()
    report("novels", "mary", f64, apart)

    f32, f64, apart = both(sample, repeat)
    # The last layer holds the induction heads; [head, query, key].
    expected["repeat.f32.attention.5"] = f32["attention"][5].clone()
    expected["repeat.f64.attention.5"] = f64["attention"][5].clone()
    expected["repeat.f64.last_logits"] = f64["logits"][-1].clone()
    report("novels", "repeat", f64, apart)
    write(folder, expected)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=HERE)
    parser.add_argument("--novels", type=pathlib.Path, default=HERE.parents[2] / "samples/novels")
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()
    names = arguments.names or [*CHECKPOINTS, "novels"]
    unknown = set(names) - {*CHECKPOINTS, "novels"}
    if unknown:
        parser.error(f"no such fixture: {', '.join(sorted(unknown))}")
    if "novels" in names and not (arguments.novels / "config.json").exists():
        parser.error(f"{arguments.novels}: no checkpoint there; pass --novels FOLDER")
    transformers.utils.logging.disable_progress_bar()
    # One thread: the order of float32 sums then does not depend on the machine's cores.
    torch.set_num_threads(1)
    for seed, name in enumerate(CHECKPOINTS):
        if name in names:
            make_tiny(name, arguments.out / name, seed)
    if "novels" in names:
        make_novels(arguments.novels, arguments.out / "novels")


if __name__ == "__main__":
    main()
