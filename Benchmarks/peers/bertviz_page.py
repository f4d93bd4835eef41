"""A page with every head's map, as BertViz makes it.

usage: bertviz_page.py MODEL IDS TOKENS

Runs the first TOKENS ids with eager attention and asks for `model_view` of all heads as HTML. Prints the seconds that
the page takes, the run aside, and its bytes.

Needs: torch, transformers, bertviz.
"""

import sys
import time

import torch
from bertviz import model_view
from transformers import AutoModel

model = AutoModel.from_pretrained(sys.argv[1], dtype=torch.float32, attn_implementation="eager").eval()
ids = [int(i) for i in open(sys.argv[2]).read().split(",")][:int(sys.argv[3])]
with torch.inference_mode():
    maps = model(torch.tensor([ids]), use_cache=False, output_attentions=True).attentions
start = time.perf_counter()
page = model_view(maps, [str(i) for i in ids], html_action="return").data
print(time.perf_counter() - start, len(page.encode()))
