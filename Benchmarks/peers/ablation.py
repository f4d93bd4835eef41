"""Times the loss without each of 144 heads, in one run, by turns: heed, Hugging Face, TransformerLens.

usage: ablation.py [--heed FILE] [--cache FOLDER] [--tokens N] [--rounds N] [--threads N] [--precision P]

The checkpoint is that of forward_hf.py: GPT-2 small's shape, random weights, float32.

  heed             `heed bench MODEL --until backward --repeats 1`, stage `ablation`: all 144 losses
  hugging face     144 full forwards of AutoModelForCausalLM (sdpa) with the loss; a hook on the input of one
                   output projection sets one head's columns to zero
  transformerlens  144 `run_with_hooks(return_type="loss")` with a hook on `hook_z`; left out where it is not
                   installed

It also prints how many of heed's own forward passes the gradients by all heads take (stage `backward` and the
run it starts from): of passes that end in the same loss, and of passes without the output head.

The two peers are timed on every twelfth head, one of each layer, and the time is multiplied by twelve: all
heads cost them the same. Medians of the rounds.

Needs: torch, transformers; transformer_lens before 4, which has HookedTransformer, if it is there.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import forward_hf

LAYERS, HEADS, WIDTH = 12, 12, 64


class Heed:
    def __init__(self, binary, folder, ids, threads, precision):
        self.command = [
            str(binary), "bench", str(folder), "--ids", f"@{ids}", "--format", "json", "--until", "backward",
            "--repeats", "1", "--threads", str(threads), "--precision", precision]
        self.stages, self.resident = {}, 0

    def __call__(self):
        done = subprocess.run(
            [sys.executable, "-c", forward_hf.LAUNCHER, *self.command], stdin=subprocess.DEVNULL,
            capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(self.command)}: exit {done.returncode}\n{done.stderr}")
        found = json.loads(done.stdout)
        self.resident = max(self.resident, int(done.stderr.split()[-1]) * 1024)
        for stage in found["stages"]:
            self.stages.setdefault(stage["name"], []).append(stage["seconds"])
        return self.stages["ablation"][-1]


class HuggingFace:
    def __init__(self, folder, tokens):
        import torch
        from transformers import AutoModelForCausalLM

        self.torch, self.tokens = torch, torch.tensor([tokens])
        self.model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="sdpa").eval()

    def without(self, layer, head):
        def cut(_, arguments):
            z = arguments[0].clone()
            z[..., head * WIDTH:(head + 1) * WIDTH] = 0
            return (z, *arguments[1:])
        handle = self.model.transformer.h[layer].attn.c_proj.register_forward_pre_hook(cut)
        loss = self.model(self.tokens, labels=self.tokens, use_cache=False).loss.item()
        handle.remove()
        return loss

    def __call__(self):
        with self.torch.inference_mode():
            start = time.perf_counter()
            for layer in range(LAYERS):
                self.without(layer, layer)
            return (time.perf_counter() - start) * HEADS


class TransformerLens(HuggingFace):
    def __init__(self, folder, tokens):
        super().__init__(folder, tokens)
        from transformer_lens import HookedTransformer, HookedTransformerConfig
        # Random weights of its own: it loads a checkpoint only with a configuration from the network.
        self.hooked = HookedTransformer(HookedTransformerConfig(
            n_layers=12, n_heads=12, d_model=768, d_head=64, d_mlp=3072, n_ctx=1024, d_vocab=50257,
            act_fn="gelu_new", normalization_type="LN", device="cpu", seed=0)).eval()

    def without(self, layer, head):
        def cut(z, hook):
            z[:, :, head] = 0
            return z
        return self.hooked.run_with_hooks(
            self.tokens, return_type="loss",
            fwd_hooks=[(f"blocks.{layer}.attn.hook_z", cut)]).item()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heed", default=str(forward_hf.ROOT / ".build/release/heed"))
    parser.add_argument(
        "--cache", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "heed-bench")
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--precision", default="f32", choices=["f32", "bf16"])
    arguments = parser.parse_args()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(arguments.threads)
    arguments.cache.mkdir(parents=True, exist_ok=True)
    folder = forward_hf.checkpoint(arguments.cache, "f32")
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randint(0, forward_hf.VOCABULARY, (arguments.tokens,), generator=generator).tolist()
    ids = arguments.cache / f"ids-{arguments.tokens}.txt"
    ids.write_text(",".join(map(str, tokens)) + "\n")

    heed = Heed(
        pathlib.Path(arguments.heed).resolve(), folder, ids, arguments.threads, arguments.precision)
    passes = {"heed": heed, "hugging face": HuggingFace(folder, tokens)}
    try:
        passes["transformerlens"] = TransformerLens(folder, tokens)
    except ImportError:
        print("no transformer_lens with HookedTransformer (before 4): left out", file=sys.stderr)
    times = {name: [] for name in passes}
    for _ in range(arguments.rounds):
        for name, run in passes.items():
            time.sleep(0.3)
            times[name].append(run())
    print(f"144 ablations, {arguments.tokens} tokens, heed in {arguments.precision}, peers in float32, "
          f"{arguments.threads} threads, {arguments.rounds} rounds; torch {torch.__version__}")
    base = statistics.median(times["heed"])
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{name:16} {median:8.2f} s  {median / base:5.2f} times heed")
    forward = statistics.median(heed.stages["forward"])
    backward = statistics.median(heed.stages["backward"])
    loss = statistics.median(heed.stages["loss"])
    print(f"gradients of the loss by all heads, with the run they start from: {forward + backward:.3f} s, "
          f"{(forward + backward) / (forward + loss):.2f} forward passes that end in the loss "
          f"({(forward + backward) / forward:.2f} without the output head)")
    # All stages together.
    extra = heed.resident - forward_hf.weight_bytes(folder)
    print(f"heed's memory above the weights, at most: {extra / 2**20:.0f} MiB")


if __name__ == "__main__":
    main()
