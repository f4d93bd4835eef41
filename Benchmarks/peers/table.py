"""The other rows of the table of peers: memory, scores, and start to first map.

usage: table.py [--heed FILE] [--cache FOLDER] [--memory-tokens N] [--rounds N] [--only WORK,...]

  memory   what a process holds above the weights' files after a run from which every head can be looked at: `heed bench`
           against AutoModel with eager attention and output_attentions=True, on a random Llama of GPT-2 small's size; again
           with `--precision bf16`, which keeps queries, keys, values and weighted values as bfloat16
  scores   entropy, previous token, induction and first-token sink of all heads: heed's stage `scores`, which computes all
           scores of maps, against PyTorch on the maps that eager attention returned (the forward pass is in neither)
  start    from nothing to one map of the sample as text: `heed snapshot` against a Python script that imports
           transformers, loads the sample, runs it and prints a map
  lens     the forward pass that keeps everything, and the same four scores: heed's stages `forward` and `scores` against
           TransformerLens (transformerlens.py)
  page     every head's map of 128 tokens: `heed export` of all maps against BertViz's page (bertviz_page.py), seconds and size
  prompt   512 tokens through a random Llama of 1.1 billion parameters in GGUF, in float32 and in bfloat16: stages `forward` and
           `logits` (of the last position) of `heed bench` against llama.cpp (llamacpp.py) on the same file

A row whose peer is not installed is left out, and says so.

Peaks are the kernel's (ru_maxrss) of a process of its own. Medians of the rounds, by turns.

Needs: numpy, torch, transformers; transformer_lens, bertviz, gguf and llama-cpp-python for their rows.
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

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Benchmarks"))
import make_checkpoint  # noqa: E402

sys.path.insert(0, str(ROOT / "Benchmarks/peers"))
from forward_hf import LAUNCHER, checkpoint, weight_bytes  # noqa: E402

LOOK = """
import sys, torch
from transformers import AutoModel
model = AutoModel.from_pretrained(sys.argv[1], dtype=torch.float32, attn_implementation="eager").eval()
ids = torch.tensor([[int(i) for i in open(sys.argv[2]).read().split(",")]])
with torch.inference_mode():
    maps = model(ids, use_cache=False, output_attentions=True).attentions
assert len(maps) == model.config.num_hidden_layers
"""

FIRST_MAP = """
import sys, torch
from transformers import AutoModel, AutoTokenizer
model = AutoModel.from_pretrained(sys.argv[1], attn_implementation="eager").eval()
ids = AutoTokenizer.from_pretrained(sys.argv[1])(sys.argv[2], return_tensors="pt").input_ids
with torch.inference_mode():
    weights = model(ids, output_attentions=True).attentions[5][0, 0]
for row in weights:
    print("".join(" .:-=+*#%@"[min(9, int(10 * w))] for w in row))
"""

SCORES = """
import sys, time, torch
from transformers import AutoModel
model = AutoModel.from_pretrained(sys.argv[1], dtype=torch.float32, attn_implementation="eager").eval()
ids = torch.tensor([[int(i) for i in open(sys.argv[2]).read().split(",")]])
seq = ids.shape[1]
with torch.inference_mode():
    maps = model(ids, use_cache=False, output_attentions=True).attentions
    follows = torch.zeros(seq, seq)  # follows[q, k]: key k comes right after an earlier occurrence of token q
    same = ids[0][:, None] == ids[0][None, :]
    follows[:, 1:] = (same & (torch.arange(seq)[None, :] < torch.arange(seq)[:, None])).float()[:, :-1]
    for _ in range(int(sys.argv[3])):
        start = time.perf_counter()
        for layer in maps:
            weights = layer[0]
            torch.special.entr(weights).sum(-1).mean(-1)
            weights.diagonal(-1, 1, 2).mean(-1)
            (weights * follows).sum((1, 2)) / seq
            weights[:, :, 0].mean(-1)
        print(time.perf_counter() - start)
"""


def peak(command):
    """The standard output of a program, and how many bytes it held at most."""
    done = subprocess.run(
        [sys.executable, "-c", LAUNCHER, *map(str, command)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command}: exit {done.returncode}\n{done.stderr}")
    return done.stdout, int(done.stderr.split()[-1]) * 1024


def seconds(command):
    start = time.perf_counter()
    subprocess.run(
        list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def write_ids(cache, count, vocabulary):
    import numpy

    file = cache / f"ids-{count}-{vocabulary}.txt"
    ids = numpy.random.default_rng(1).integers(0, vocabulary, count)
    file.write_text(",".join(map(str, ids)))
    return file


def row(work, ours, theirs, unit):
    print(f"{work:58}{ours:>12.3f}{theirs:>12.3f}  {unit:4}{ours / theirs:>8.3f}", flush=True)


def lines(script, *arguments):
    """What a peer's script prints, numbers line by line; nothing where the peer is not installed."""
    done = subprocess.run(
        [sys.executable, ROOT / "Benchmarks/peers" / script, *map(str, arguments)], stdin=subprocess.DEVNULL,
        capture_output=True, text=True)
    if done.returncode != 0 and "ModuleNotFoundError" in done.stderr:
        print(f"{script}: left out: {done.stderr.strip().splitlines()[-1]}", flush=True)
        return []
    if done.returncode != 0:
        sys.exit(f"{script}: exit {done.returncode}\n{done.stderr}")
    return [[float(number) for number in line.split()] for line in done.stdout.splitlines()]


def stages(command):
    """Seconds of each stage of `heed bench`."""
    return {stage["name"]: stage["seconds"] for stage in json.loads(peak(command)[0])["stages"]}


class Table:
    def __init__(self, heed, cache, rounds, memory_tokens):
        self.heed, self.cache, self.rounds, self.memory_tokens = heed, cache, rounds, memory_tokens

    def bench(self, folder, ids, until, precision="f32", repeats=None):
        return [
            self.heed, "bench", folder, "--ids", f"@{ids}", "--format", "json", "--until", until, "--precision", precision,
            "--repeats", repeats or self.rounds]

    def llama(self, name, dtype):
        folder = self.cache / f"{name}-{dtype}"
        if not (folder / "config.json").exists():
            make_checkpoint.write(folder, make_checkpoint.shape(name, dtype=dtype))
        return folder

    def start(self):
        sample = ROOT / "samples/novels"
        text = "When Mary and John went to the store, John gave a drink to"
        ours, theirs = [], []
        for _ in range(self.rounds):
            ours.append(seconds(
                [self.heed, "snapshot", "sample:novels", text, "--view", "map", "--layer", 5, "--head", 0]))
            theirs.append(seconds([sys.executable, "-c", FIRST_MAP, sample, text]))
        row("start to first map, sample", statistics.median(ours), statistics.median(theirs), "s")

    def scores(self):
        folder, ids = checkpoint(self.cache, "f32"), write_ids(self.cache, 1024, 50257)
        ours = stages(self.bench(folder, ids, "scores"))["scores"]
        theirs = peak([sys.executable, "-c", SCORES, folder, ids, self.rounds])[0].split()
        row("scores of all maps, 1024 tokens", ours, statistics.median(map(float, theirs)), "s")

    def lens(self):
        folder, ids = checkpoint(self.cache, "f32"), write_ids(self.cache, 1024, 50257)
        found = lines("transformerlens.py", ids, self.rounds)
        if not found:
            return
        ours = stages(self.bench(folder, ids, "scores"))
        forward, scores = (statistics.median(column) for column in zip(*found))
        row("forward with capture, 1024 tokens: TransformerLens", ours["forward"], forward, "s")
        row("scores of all maps, 1024 tokens: TransformerLens", ours["scores"], scores, "s")

    def page(self):
        folder, tokens = checkpoint(self.cache, "f32"), 128
        ids = write_ids(self.cache, tokens, 50257)
        found = lines("bertviz_page.py", folder, ids, tokens)
        if not found:
            return
        maps = self.cache / "maps.npy"
        ours = seconds([self.heed, "export", folder, "--ids", f"@{ids}", "--tensor", "attention", "-o", maps])
        row(f"all maps of {tokens} tokens as a file (heed runs too): BertViz", ours, found[0][0], "s")
        row("its size", maps.stat().st_size / 2**20, found[0][1] / 2**20, "MiB")
        maps.unlink()

    def prompt(self):
        folder, ids = self.llama("llama-1b", "bf16"), write_ids(self.cache, 512, 32000)
        threads = len(os.sched_getaffinity(0))
        for precision in ("f32", "bf16"):
            file = self.cache / f"llama-1b-{precision}.gguf"
            found = lines("llamacpp.py", folder, file, ids, self.rounds, threads, precision)
            if not found:
                return
            # The same file for both.
            ours = stages(self.bench(file, ids, "logits", precision))
            row(f"512 tokens, 1.1B Llama, {precision}: llama.cpp", ours["forward"] + ours["logits"],
                statistics.median(line[0] for line in found), "s")

    def memory(self):
        tokens, folder = self.memory_tokens, self.llama("rope-small", "f32")
        ids = write_ids(self.cache, tokens, 32000)
        weights = weight_bytes(folder)
        theirs = peak([sys.executable, "-c", LOOK, folder, ids])[1]
        for precision in ("f32", "bf16"):
            # The first run of `heed bench` is let go before the second, which is measured.
            ours = peak(self.bench(folder, ids, "forward", precision, 1))[1]
            row(f"memory to look at every head, {tokens} tokens, {precision}", (ours - weights) / 2**20,
                (theirs - weights) / 2**20, "MiB")


def main():
    works = ["start", "scores", "lens", "page", "prompt", "memory"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heed", default=str(ROOT / ".build/release/heed"))
    parser.add_argument(
        "--cache", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "heed-bench")
    parser.add_argument("--memory-tokens", type=int, default=4096)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default=",".join(works), help="some of the rows")
    arguments = parser.parse_args()
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error")
    arguments.cache.mkdir(parents=True, exist_ok=True)
    table = Table(pathlib.Path(arguments.heed).resolve(), arguments.cache, arguments.rounds, arguments.memory_tokens)
    print(f"{'work':58}{'heed':>12}{'peer':>12}  {'':4}{'ratio':>8}")
    for work in arguments.only.split(","):
        if work not in works:
            parser.error(f"--only {work}: expected {', '.join(works)}")
        getattr(table, work)()


if __name__ == "__main__":
    main()
