"""The other rows of the table of peers: memory, scores, and start to first map.

usage: table.py [--heed FILE] [--cache FOLDER] [--memory-tokens N] [--rounds N]

  memory   what a process holds above the weights' files after a run from which every head can be looked at: `heed bench`
           against AutoModel with eager attention and output_attentions=True, on a random Llama of GPT-2 small's size
  scores   entropy, previous token, induction and first-token sink of all heads: heed's stage `scores`, which computes all
           scores of maps, against PyTorch on the maps that eager attention returned (the forward pass is in neither)
  start    from nothing to one map of the sample as text: `heed snapshot` against a Python script that imports
           transformers, loads the sample, runs it and prints a map

Peaks are the kernel's (ru_maxrss) of a process of its own. Medians of the rounds, by turns.

Needs: numpy, torch, transformers.
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heed", default=str(ROOT / ".build/release/heed"))
    parser.add_argument(
        "--cache", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "heed-bench")
    parser.add_argument("--memory-tokens", type=int, default=4096)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    heed, cache, python = pathlib.Path(arguments.heed).resolve(), arguments.cache, sys.executable
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error")
    cache.mkdir(parents=True, exist_ok=True)
    print(f"{'work':58}{'heed':>12}{'peer':>12}  {'':4}{'ratio':>8}")

    sample = ROOT / "samples/novels"
    text = "When Mary and John went to the store, John gave a drink to"
    ours, theirs = [], []
    for _ in range(arguments.rounds):
        ours.append(seconds([heed, "snapshot", "sample:novels", text, "--view", "map", "--layer", 5, "--head", 0]))
        theirs.append(seconds([python, "-c", FIRST_MAP, sample, text]))
    row("start to first map, sample", statistics.median(ours), statistics.median(theirs), "s")

    folder = checkpoint(cache, "f32")
    ids = write_ids(cache, 1024, 50257)
    bench = [heed, "bench", folder, "--ids", f"@{ids}", "--format", "json", "--until", "scores", "--precision", "f32"]
    found = json.loads(peak([*bench, "--repeats", arguments.rounds])[0])
    ours = next(stage["seconds"] for stage in found["stages"] if stage["name"] == "scores")
    lines = peak([python, "-c", SCORES, folder, ids, arguments.rounds])[0].split()
    row("scores of all maps, 1024 tokens", ours, statistics.median(map(float, lines)), "s")

    tokens = arguments.memory_tokens
    folder = cache / "rope-small"
    if not (folder / "config.json").exists():
        make_checkpoint.write(folder, make_checkpoint.shape("rope-small"))
    ids = write_ids(cache, tokens, 32000)
    weights = weight_bytes(folder)
    ours = peak([heed, "bench", folder, "--ids", f"@{ids}", "--format", "json", "--until", "forward", "--repeats", 1])[1]
    theirs = peak([python, "-c", LOOK, folder, ids])[1]
    # The first run of `heed bench` is let go before the second, which is measured.
    row(f"memory to look at every head, {tokens} tokens", (ours - weights) / 2**20, (theirs - weights) / 2**20, "MiB")


if __name__ == "__main__":
    main()
