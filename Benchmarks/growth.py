"""How time and memory of heed grow with tokens, layers and heads, as a table and as a plot.

usage: growth.py [--heed FILE] [--cache FOLDER] [--tokens N,...] [--precision P] [--svg FILE]

Random Llamas of GPT-2 small's size (12 layers, 12 heads of width 64, `rope-small` of make_checkpoint.py). Tokens vary with
everything else as it is; layers and heads vary at 2048 tokens, the residual stream's width and the MLP's growing with the heads.
Of each size: the stages `forward` (with capture) and `scores` (all scores of all maps) of `heed bench`, and the kernel's
peak of the process (ru_maxrss) above the weights' files.

Needs: numpy.
"""

import argparse
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Benchmarks"))
import make_checkpoint  # noqa: E402

LAUNCHER = """
import os, sys
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
print(usage.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status) & 255)
"""


def measure(heed, folder, tokens, precision):
    """Seconds of the forward pass and of scores, and MiB above the weights."""
    import numpy

    ids = numpy.random.default_rng(1).integers(0, 32000, tokens)
    command = [
        str(heed), "bench", str(folder), "--ids", ",".join(map(str, ids)), "--format", "json", "--repeats", "1", "--until",
        "scores", "--precision", precision]
    if tokens > 8192:  # longer than the arguments of a program may be
        file = folder / f"ids-{tokens}.txt"
        file.write_text(command[4])
        command[4] = f"@{file}"
    done = subprocess.run(
        [sys.executable, "-c", LAUNCHER, *command], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{folder}, {tokens} tokens: exit {done.returncode}\n{done.stderr}")
    stages = {stage["name"]: stage["seconds"] for stage in json.loads(done.stdout)["stages"]}
    weights = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    return stages["forward"], stages["scores"], (int(done.stderr.split()[-1]) * 1024 - weights) / 2**20


def checkpoint(cache, **changes):
    name = "-".join(["rope-small"] + [f"{key}{value}" for key, value in changes.items()])
    folder = cache / name
    if not (folder / "config.json").exists():
        make_checkpoint.write(folder, make_checkpoint.shape("rope-small", **changes))
    return folder


def plot(points, title):
    """An SVG of the three series over tokens, both axes logarithmic."""
    series = [("forward, s", "#1f77b4"), ("scores, s", "#d62728"), ("memory, MiB", "#2ca02c")]
    width, height, left, bottom = 640, 360, 60, 40
    xs = [math.log2(tokens) for tokens, *_ in points]
    values = [value for _, *row in points for value in row]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))

    def x(tokens):
        return left + (math.log2(tokens) - xs[0]) / (xs[-1] - xs[0]) * (width - left - 120)

    def y(value):
        return height - bottom - (math.log10(value) - low) / (high - low) * (height - bottom - 30)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>', f'<text x="{left}" y="18">{title}</text>']
    for power in range(low, high + 1):
        at = y(10.0**power)
        parts.append(f'<line x1="{left}" x2="{width - 120}" y1="{at:.1f}" y2="{at:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 6}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    for tokens, *_ in points:
        parts.append(f'<text x="{x(tokens):.1f}" y="{height - bottom + 18}" text-anchor="middle">{tokens}</text>')
    for index, (name, color) in enumerate(series):
        line = " ".join(f"{x(tokens):.1f},{y(row[index]):.1f}" for tokens, *row in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts.append(f'<text x="{width - 114}" y="{y(points[-1][index + 1]) + 4:.1f}" fill="{color}">{name}</text>')
    return "\n".join(parts + ["</svg>"]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heed", default=str(ROOT / ".build/release/heed"))
    parser.add_argument(
        "--cache", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "heed-bench")
    parser.add_argument("--tokens", default="1024,2048,4096,8192,16384")
    parser.add_argument("--precision", default="f32")
    parser.add_argument("--svg", type=pathlib.Path, help="write the plot over tokens here")
    arguments = parser.parse_args()
    heed, cache = pathlib.Path(arguments.heed).resolve(), arguments.cache
    cache.mkdir(parents=True, exist_ok=True)
    sizes = [("tokens", int(tokens), {}) for tokens in arguments.tokens.split(",")]
    sizes += [("layers", layers, dict(layers=layers)) for layers in (3, 6, 12, 24)]
    sizes += [
        ("heads", heads, dict(heads=heads, width=64 * heads, mlp=2048 * heads // 12 // 64 * 64)) for heads in (3, 6, 12, 24)]
    print(f"{'':10}{'':>8}{'forward s':>12}{'scores s':>12}{'memory MiB':>12}")
    points = []
    for what, count, changes in sizes:
        found = measure(
            heed, checkpoint(cache, **changes), count if what == "tokens" else 2048, arguments.precision)
        print(f"{what:10}{count:>8}" + "".join(f"{value:>12.2f}" for value in found), flush=True)
        if what == "tokens":
            points.append((count, *found))
    if arguments.svg and len(points) > 1:
        arguments.svg.write_text(plot(points, f"12 layers, 12 heads, {arguments.precision}: growth with tokens"))


if __name__ == "__main__":
    main()
