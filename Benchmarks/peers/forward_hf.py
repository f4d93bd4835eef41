"""Times heed's forward pass against Hugging Face's on the same machine, in one run, by turns.

usage: forward_hf.py [--heed FILE] [--cache FOLDER] [--tokens N] [--rounds N] [--threads N] [--json]

Passes over random checkpoints of GPT-2 small's shape (12 layers, 12 heads, 768 wide, vocabulary of 50257), one
in float32 and one in bfloat16, without the output head, on the same tokens, one sequence:

  heed         `heed bench MODEL --ids @F --format json`, stage `forward`; keeps Q, K and V of every layer
  sdpa         AutoModel, attn_implementation="sdpa": fused attention, no map ever exists
  eager+maps   AutoModel, attn_implementation="eager", output_attentions=True: what tools that show maps do
  heed bf16    `heed bench --precision bf16` on the bfloat16 checkpoint, as above
  sdpa bf16    AutoModel in bfloat16, attn_implementation="sdpa"

The passes alternate, so that whatever else the machine does falls on all three; the median of the rounds
counts, and the minimum is printed beside it. `--heed none` measures Hugging Face alone.

Needs: torch, transformers.
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
CONTEXT, VOCABULARY = 1024, 50257


def checkpoint(cache, dtype):
    """The checkpoint's folder; written on the first call."""
    folder = cache / f"gpt2-small-{dtype}"
    if not (folder / "config.json").exists():
        make_checkpoint.write(folder, make_checkpoint.shape("gpt2-small", dtype=dtype))
    return folder


def weight_bytes(folder):
    return sum(file.stat().st_size for file in folder.glob("*.safetensors"))


# Starts a program and says on standard error how large it got, in KiB. A process inherits the peak of the one
# that started it, and this one holds two models: hence a small process in between.
LAUNCHER = """
import os, sys
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
print(usage.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status) & 255)
"""


class Heed:
    def __init__(self, binary, folder, ids, threads, precision="f32"):
        self.command = [
            str(binary), "bench", str(folder), "--ids", f"@{ids}", "--format", "json", "--repeats", "1",
            "--until", "forward", "--threads", str(threads), "--precision", precision]
        self.peak = self.resident = 0

    def __call__(self):
        done = subprocess.run(
            [sys.executable, "-c", LAUNCHER, *self.command], stdin=subprocess.DEVNULL,
            capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(self.command)}: exit {done.returncode}\n{done.stderr}")
        found = json.loads(done.stdout)
        self.peak = max(self.peak, found["peakBytes"])
        self.resident = max(self.resident, int(done.stderr.split()[-1]) * 1024)
        return next(stage["seconds"] for stage in found["stages"] if stage["name"] == "forward")


class HuggingFace:
    def __init__(self, folder, tokens, maps, dtype="float32"):
        import torch
        from transformers import AutoModel

        self.torch, self.tokens, self.maps = torch, torch.tensor([tokens]), maps
        self.model = AutoModel.from_pretrained(
            folder, dtype=getattr(torch, dtype), attn_implementation="eager" if maps else "sdpa").eval()

    def __call__(self):
        with self.torch.inference_mode():
            start = time.perf_counter()
            self.model(self.tokens, use_cache=False, output_attentions=self.maps)
            return time.perf_counter() - start


def table(times, gflop):
    rows = [("pass", "median s", "min s", "max s", "GFLOP/s", "times sdpa")]
    base = statistics.median(times["sdpa"])
    for name, values in times.items():
        median = statistics.median(values)
        rows.append((name, f"{median:.3f}", f"{min(values):.3f}", f"{max(values):.3f}",
                     f"{gflop / median:.0f}", f"{median / base:.2f}"))
    for row in rows:
        print(f"{row[0]:12}" + "".join(f"{cell:>12}" for cell in row[1:]))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heed", default=str(ROOT / ".build/release/heed"))
    parser.add_argument(
        "--cache", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "heed-bench")
    parser.add_argument("--tokens", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", action="store_true", help="print the times as JSON instead")
    arguments = parser.parse_args()
    if not 1 <= arguments.tokens <= CONTEXT:
        parser.error(f"--tokens {arguments.tokens}: the checkpoint takes 1 to {CONTEXT}")
    if arguments.rounds < 1 or arguments.threads < 1:
        parser.error("--rounds and --threads are at least 1")
    heed = None if arguments.heed == "none" else pathlib.Path(arguments.heed).resolve()
    if heed is not None and not heed.is_file():
        parser.error(f"{heed}: no such file; build it with `make build`, or pass --heed none")

    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(arguments.threads)
    arguments.cache.mkdir(parents=True, exist_ok=True)
    folder, half = checkpoint(arguments.cache, "f32"), checkpoint(arguments.cache, "bf16")
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randint(0, VOCABULARY, (arguments.tokens,), generator=generator).tolist()
    ids = arguments.cache / f"ids-{arguments.tokens}.txt"
    ids.write_text(",".join(map(str, tokens)) + "\n")

    passes = {}
    if heed is not None:
        passes["heed"] = Heed(heed, folder, ids, arguments.threads)
    passes["sdpa"] = HuggingFace(folder, tokens, maps=False)
    passes["eager+maps"] = HuggingFace(folder, tokens, maps=True)
    if heed is not None:
        passes["heed bf16"] = Heed(heed, half, ids, arguments.threads, "bf16")
    passes["sdpa bf16"] = HuggingFace(half, tokens, maps=False, dtype="bfloat16")

    for run in passes.values():  # warm-up: page cache, allocators, kernels chosen at run time
        run()
        run()
    times = {name: [] for name in passes}
    for round_number in range(arguments.rounds):
        # Each round starts with another pass, so that none always follows the same one.
        names = list(passes)
        shift = round_number % len(names)
        for name in names[shift:] + names[:shift]:
            time.sleep(0.3)  # lets the other runtime's worker threads stop spinning
            times[name].append(passes[name]())

    seq, width, layers = arguments.tokens, 768, 12
    # Multiply-adds of the matrices (12 d² a block) and of both attention products over the full square.
    gflop = 2 * layers * (12 * width * width * seq + 2 * seq * seq * width) / 1e9
    if arguments.json:
        print(json.dumps({"tokens": seq, "threads": arguments.threads, "seconds": times}))
        return
    print(f"{seq} tokens, {arguments.threads} threads, {arguments.rounds} rounds by turns; "
          f"torch {torch.__version__}, transformers {transformers.__version__}")
    table(times, gflop)
    if heed is not None:
        for what, peak in (("peakBytes", passes["heed"].peak), ("ru_maxrss", passes["heed"].resident)):
            print(f"heed's memory above the weights' {weight_bytes(folder) / 2**20:.0f} MiB: "
                  f"{(peak - weight_bytes(folder)) / 2**20:.0f} MiB by {what}")


if __name__ == "__main__":
    main()
