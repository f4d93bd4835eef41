"""Writes what PyTorch's autograd says about the tiny checkpoints of `families` and `encoders`.

usage: make_gradients.py [NAME ...]

  NAME    only these; default: every checkpoint that has an output to differentiate

Needs: torch, transformers 5, safetensors. Beside each checkpoint it writes `gradients.safetensors`, computed in
float64 and rounded to float32 (Hugging Face itself goes through float32 in a few places, which shows at about
1e-6), of one scalar of the prompt of `expected.safetensors`:

  texts                 mean next-token cross-entropy, of an encoder-decoder that of the decoder's tokens
  masked-token models   mean cross-entropy of id 7 at position 2 and id 30 at position 5
  classifiers           cross-entropy of class 2

  loss        []                          the scalar
  gate        [layer, head]               its derivative by a factor on a head's z
  z           [layer, head, seq, dHead]   by z, where heads are still apart: the input of the output projection
  residual    [layer + 1, seq, dModel]    by the residual stream, entering each layer and leaving the last

Encoder-decoders have each of them for `encoder.`, `decoder.` and `cross.` (no `cross.residual`).
"""

import argparse
import pathlib
import re

import torch
import transformers
from safetensors.torch import load_file, save_file

from make_encoders import RECIPES as ENCODERS
from make_families import halve_alibi

HERE = pathlib.Path(__file__).resolve().parent

# What families call the output projection of attention.
PROJECTION = re.compile(
    r"(attn|attention|self_attention|self_attn|SelfAttention|encoder_attn|EncDecAttention)"
    r"\.(?:.*\.)?(c_proj|o_proj|out_proj|dense|out_lin|Wo|o)$")
# Towers and bare stacks have nothing to differentiate; of block floats, Hugging Face runs what they stand for.
LEFT_OUT = {
    "bert-plain", "dinov2-swiglu", "clip", "clip-text", "clip-vision", "siglip", "siglip-text",
    "siglip-vision", "gpt_oss-mxfp4"}


class Watch:
    """Multiplies every head's z by a gate, and keeps z, gates and residual streams of a run, by stream."""

    def __init__(self, model):
        names = [name for name, _ in model.named_modules() if PROJECTION.search(name)]
        self.gates, self.z, self.residuals = {}, {}, {}
        two = any("decoder" in name or "language_model" in name for name in names)
        blocks = {}
        for name in names:
            stream = self.stream(name) if two else "decoder"
            heads = self.heads(model.config, stream)
            model.get_submodule(name).register_forward_pre_hook(self.gate(stream, heads))
            if stream != "cross":
                block = re.match(r".*?\.\d+(?=\.)", name)[0]
                blocks[block] = stream
        for name, stream in blocks.items():
            block = model.get_submodule(name)
            block.register_forward_pre_hook(self.entering(stream), with_kwargs=True)
            block.register_forward_hook(self.leaving(stream))
        self.last = {}

    @staticmethod
    def stream(name):
        if "encoder_attn" in name or "EncDecAttention" in name:
            return "cross"
        return "encoder" if "encoder" in name or "vision" in name else "decoder"

    @staticmethod
    def heads(config, stream):
        part = config
        for name in ("vision_config" if stream == "encoder" else "text_config",):
            part = getattr(config, name, part)
        for name in ("encoder_attention_heads" if stream == "encoder" else "decoder_attention_heads",
                     "num_attention_heads", "num_heads", "n_heads", "n_head"):
            if isinstance(getattr(part, name, None), int):
                return getattr(part, name)
        raise KeyError("heads")

    def gate(self, stream, heads):
        def hook(_, arguments):
            z = arguments[0]
            z.retain_grad()
            gates = torch.ones(heads, dtype=z.dtype, requires_grad=True)
            self.gates.setdefault(stream, []).append(gates)
            self.z.setdefault(stream, []).append((z, heads))
            shape = z.shape
            split = z.reshape(*shape[:-1], heads, -1) * gates[:, None]
            return (split.reshape(shape), *arguments[1:])
        return hook

    def entering(self, stream):
        def hook(_, args, kwargs):
            x = args[0] if args else kwargs["hidden_states"]
            x.retain_grad()
            self.residuals.setdefault(stream, []).append(x)
        return hook

    def leaving(self, stream):
        def hook(_, args, output):
            x = output[0] if isinstance(output, tuple) else output
            x.retain_grad()
            self.last[stream] = x
        return hook

    def found(self):
        tensors = {}
        for stream, gates in self.gates.items():
            prefix = f"{stream}." if len(self.gates) > 1 else ""
            # Layers behind the last one that anything reads.
            used = [i for i, gate in enumerate(gates) if gate.grad is not None]
            tensors[f"{prefix}gate"] = torch.stack([gates[i].grad for i in used])
            z = [self.z[stream][i] for i in used]
            tensors[f"{prefix}z"] = torch.stack(
                [x.grad.reshape(-1, heads, x.shape[-1] // heads).transpose(0, 1) for x, heads in z])
            if stream != "cross":
                rows = self.residuals[stream] + [self.last[stream]]
                tensors[f"{prefix}residual"] = torch.stack(
                    [x.grad.reshape(-1, x.shape[-1]) for x in rows[:len(used) + 1]])
        return tensors


def loss_of(output, inputs, model):
    logits = output.logits.double()
    if logits.dim() == 2:
        return torch.nn.functional.cross_entropy(logits, torch.tensor([2]))
    logits = logits[0]
    if "MaskedLM" in type(model).__name__:
        return torch.nn.functional.cross_entropy(logits[[2, 5]], torch.tensor([7, 30]))
    ids = inputs.get("decoder_input_ids", inputs.get("input_ids"))[0]
    return torch.nn.functional.cross_entropy(logits[:-1], ids[1:])


def make(folder):
    name = folder.name
    expected = load_file(folder / "expected.safetensors")
    kind = ENCODERS[name][0] if folder.parent.name == "encoders" else transformers.AutoModelForCausalLM
    # Fused experts have no float64.
    experts = ("mixtral", "qwen2_moe", "qwen3_moe", "deepseek", "gpt_oss")
    options = {"experts_implementation": "eager"} if name.startswith(experts) else {}
    model = kind.from_pretrained(
        folder, dtype=torch.float64, attn_implementation="eager", **options).eval()
    if folder.parent.name == "encoders":
        names = ("input_ids", "token_type_ids", "decoder_input_ids", "pixel_values", "input_features")
        inputs = {name: expected[name][None] for name in names if name in expected}
        inputs = {name: x.double() if x.is_floating_point() else x for name, x in inputs.items()}
    else:
        inputs = {"input_ids": expected["ids"][None]}
    watch = Watch(model)
    whole = halve_alibi() if name == "falcon-alibi" else None
    if folder.parent.name == "families" or "decoder_input_ids" in inputs or name == "llava":
        inputs["use_cache"] = False
    loss = loss_of(model(**inputs), inputs, model)
    if whole:
        transformers.models.falcon.modeling_falcon.build_alibi_tensor = whole
    loss.backward()
    found = {"loss": loss.detach().reshape(1), **watch.found()}
    versions = f"torch {torch.__version__}, transformers {transformers.__version__}"
    save_file(
        {name: tensor.to(torch.float32).contiguous() for name, tensor in found.items()},
        folder / "gradients.safetensors", metadata={"versions": versions})
    print(f"{name:22} loss {loss.item():.4f}", {k: tuple(t.shape) for k, t in found.items()})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    folders = sorted(
        path.parent for part in ("families", "encoders")
        for path in (HERE / part).glob("*/expected.safetensors"))
    for folder in folders:
        if folder.name in (arguments.names or {folder.name for folder in folders} - LEFT_OUT):
            make(folder)


if __name__ == "__main__":
    main()
