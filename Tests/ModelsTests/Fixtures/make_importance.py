"""Writes what PyTorch's autograd and knock-outs say about the heads of the parity fixtures.

usage: make_importance.py [--out FOLDER] [NAME ...]

  --out   where the fixtures lie; default: the folder of this script
  NAME    only these; default: every fixture whose checkpoint AutoModelForCausalLM opens

Needs: torch, transformers 5, safetensors. For the 17 tokens of each fixture it writes
`importance.safetensors`, computed in float64 and rounded to float32 (Hugging Face itself goes through
float32 in a few places, which shows at about 1e-6):

  loss           []                        mean next-token cross-entropy, in nats
  gate           [layer, head]             d loss / d gate, a factor on a head's z
  ablation       [layer, head]             the loss with that head's z set to zero
  after          [layer, head]             the loss with the head's columns of the attention's output, after
                                           the projection, set to zero: what heed must NOT compute
                                           (only where those columns exist)
  z, attention, residual                   gradients of the loss, for the fixtures of FULL

The gate acts where heads are still apart: on the input of the output projection.
"""

import argparse
import pathlib
import re

import torch
import transformers
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

HERE = pathlib.Path(__file__).resolve().parent
PROMPT = "p17"

# The rest would only make the repository larger.
FULL = {"gpt2-standard", "llama-grouped"}

# What families call the output projection of attention.
PROJECTION = re.compile(
    r"(attn|attention|self_attention|self_attn)\.(?:.*\.)?(c_proj|o_proj|out_proj|dense|out_lin)$")


def projections(model):
    return [module for name, module in model.named_modules() if PROJECTION.search(name)]


class Gates:
    """Multiplies every head's z by a gate, and keeps z."""

    def __init__(self, model):
        self.modules = projections(model)
        config = model.config
        assert len(self.modules) == config.num_hidden_layers, [type(m) for m in self.modules]
        self.heads = config.num_attention_heads
        self.gates = torch.ones(len(self.modules), self.heads, dtype=torch.float64)
        self.z = [None] * len(self.modules)
        for layer, module in enumerate(self.modules):
            module.register_forward_pre_hook(self.hook(layer))

    def hook(self, layer):
        def gate(_, arguments):
            z = arguments[0]
            if z.requires_grad:
                z.retain_grad()
            self.z[layer] = z
            width = z.shape[-1] // self.heads
            factors = self.gates[layer].repeat_interleave(width)
            return (z * factors.to(z.dtype), *arguments[1:])
        return gate


def loss_of(model, ids):
    logits = model(ids, use_cache=False).logits[0].double()
    return torch.nn.functional.cross_entropy(logits[:-1], ids[0, 1:])


def gradients(model, gates, ids, full):
    gates.gates.requires_grad_(True)
    residuals = []
    if full:
        base = model.base_model
        blocks = base.h if hasattr(base, "h") else base.layers

        def keep(x):
            x.retain_grad()
            residuals.append(x)

        hooks = [
            block.register_forward_pre_hook(
                lambda _, args, kwargs: keep(args[0] if args else kwargs["hidden_states"]),
                with_kwargs=True)
            for block in blocks]
        hooks.append(blocks[-1].register_forward_hook(
            lambda _, args, output: keep(output[0] if isinstance(output, tuple) else output)))
    # The embedding's output must have a gradient, though no weight needs one.
    model.get_input_embeddings().weight.requires_grad_(True)
    output = model(ids, use_cache=False, output_attentions=full)
    logits = output.logits[0].double()
    if full:
        for weights in output.attentions:
            weights.retain_grad()
    loss = torch.nn.functional.cross_entropy(logits[:-1], ids[0, 1:])
    loss.backward()
    found = {"loss": loss.detach().reshape(1), "gate": gates.gates.grad.clone()}
    if full:
        layers, seq = len(gates.z), ids.shape[1]
        found["z"] = torch.stack([z.grad[0].reshape(seq, gates.heads, -1) for z in gates.z])
        found["z"] = found["z"].transpose(1, 2)
        found["attention"] = torch.stack([weights.grad[0] for weights in output.attentions])
        found["residual"] = torch.stack([x.grad[0] for x in residuals])
        assert found["residual"].shape[0] == layers + 1
        for hook in hooks:
            hook.remove()
    gates.gates.requires_grad_(False)
    return found


@torch.no_grad()
def ablations(model, gates, ids):
    losses = torch.zeros_like(gates.gates)
    for layer in range(losses.shape[0]):
        for head in range(losses.shape[1]):
            gates.gates[layer, head] = 0
            losses[layer, head] = loss_of(model, ids)
            gates.gates[layer, head] = 1
    return losses


@torch.no_grad()
def after(model, gates, ids):
    """The common bug: heads cut out of the attention's output, where they are already mixed."""
    losses = torch.zeros_like(gates.gates)
    for layer, module in enumerate(gates.modules):
        for head in range(gates.heads):
            def cut(_, arguments, output):
                width = output.shape[-1] // gates.heads
                output = output.clone()
                output[..., head * width:(head + 1) * width] = 0
                return output
            handle = module.register_forward_hook(cut)
            losses[layer, head] = loss_of(model, ids)
            handle.remove()
    return losses


def make(folder):
    with safe_open(folder / "expected.safetensors", "pt") as file:
        ids = file.get_tensor(f"{PROMPT}.ids")[None]
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float64, attn_implementation="eager").eval()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    gates = Gates(model)
    found = gradients(model, gates, ids, folder.name in FULL)
    found["ablation"] = ablations(model, gates, ids)
    if folder.name in FULL:
        found["after"] = after(model, gates, ids)
    versions = f"torch {torch.__version__}, transformers {transformers.__version__}"
    save_file(
        {name: tensor.to(torch.float32).contiguous() for name, tensor in found.items()},
        folder / "importance.safetensors", metadata={"versions": versions})
    print(f"{folder.name:18} loss {found['loss'].item():.4f}, largest gate gradient "
          f"{found['gate'].abs().max().item():.4f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=HERE)
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    names = arguments.names or sorted(
        path.parent.name for path in arguments.out.glob("*/config.json")
        if (path.parent / "expected.safetensors").exists())
    for name in names:
        try:
            make(arguments.out / name)
        except (ValueError, AssertionError, KeyError) as problem:
            if arguments.names:
                raise
            print(f"{name:18} left out: {problem}".splitlines()[0])


if __name__ == "__main__":
    main()
