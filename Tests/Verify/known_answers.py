#!/usr/bin/env python3
"""Published numbers of GPT-2 small and Pythia-70m against heed's, for `make verify`.

  known_answers.py HEED

HEED_GPT2 and HEED_PYTHIA70M name checkpoints; what is not named is left out. Every number comes from the notebook
or data file that known_answers.json names. Prints a table of expected against found; ends with 1 when one is
outside its tolerance. Needs nothing but Python.
"""
import json
import os
import subprocess
import sys
import tempfile

FOLDER = os.path.dirname(os.path.abspath(__file__))
KNOWN = json.load(open(os.path.join(FOLDER, "known_answers.json")))
SEEDED = os.path.join(FOLDER, "../AnalysisTests/Fixtures/tl_seed0_tokens.json")
BOS = "<|endoftext|>"
IOI = [
    ("When John and Mary went to the shops, John gave the bag to", " Mary", " John"),
    ("When John and Mary went to the shops, Mary gave the bag to", " John", " Mary"),
    ("When Tom and James went to the park, James gave the ball to", " Tom", " James"),
    ("When Tom and James went to the park, Tom gave the ball to", " James", " Tom"),
    ("When Dan and Sid went to the shops, Sid gave an apple to", " Dan", " Sid"),
    ("When Dan and Sid went to the shops, Dan gave an apple to", " Sid", " Dan"),
    ("After Martin and Amy went to the park, Amy gave a drink to", " Martin", " Amy"),
    ("After Martin and Amy went to the park, Martin gave a drink to", " Amy", " Martin"),
]
STORE = BOS + "After John and Mary went to the store, John gave a bottle of milk to"
DETECTOR = BOS + (
    "The head detector feature for TransformerLens allows users to check for various common heads automatically, "
    "reducing the cost of discovery.")
TEXT = BOS + (
    "Natural language processing tasks, such as question answering, machine translation, reading comprehension, and "
    "summarization, are typically approached with supervised learning on taskspecific datasets.")

failures = 0


def heed(program, *words):
    """heed's JSON."""
    done = subprocess.run([program, *words, "--format", "json"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr.strip())
    return json.loads(done.stdout)


def line(name, expected, found, tolerance):
    """One row of the table."""
    global failures
    good = abs(expected - found) <= tolerance
    failures += not good
    print(f"{name:<44} {expected:>9.3f} {found:>9.3f} {tolerance:>7.3f}  {'ok' if good else 'DIFFERS'}")


def matrix(name, expected, found, tolerance, show=3):
    """The largest difference of a whole table, and its strongest heads."""
    cells = [(e, f, l, h) for l, (a, b) in enumerate(zip(expected, found)) for h, (e, f) in enumerate(zip(a, b))]
    worst = max(cells, key=lambda c: abs(c[0] - c[1]))
    line(f"{name}, all heads, worst L{worst[2]}.H{worst[3]}", worst[0], worst[1], tolerance)
    for e, f, l, h in sorted(cells, key=lambda c: -abs(c[0]))[:show]:
        line(f"{name} L{l}.H{h}", e, f, tolerance)


def prompts(program, model, lines, score):
    """The mean of one score over prompts."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        for entry in lines:
            file.write(json.dumps(entry) + "\n")
        file.flush()
        found = heed(program, "scores", model, "--prompts", file.name, "--score", score, "--no-special")
    return found["scores"][score]["mean"]


def gpt2(program, model):
    known = {name: entry["values"] for name, entry in KNOWN["gpt2"].items()}
    probe = heed(program, "scores", model, "--probe", "repeat:100,0,2", "--no-special", "--score", "induction,duplicate")
    for name in ("induction", "duplicate"):
        matrix(name, known[name], probe["scores"][name]["values"], 0.003)
    rows = json.load(open(SEEDED))["tokens"]
    matrix("previous", known["previous"], prompts(program, model, [{"ids": row} for row in rows], "previous"), 0.003)
    weights = heed(program, "scores", model, "--score", "copying-resid,copying-full,copying-mlp0")["scores"]
    matrix("copying-resid", known["copying-resid"], weights["copying-resid"]["values"], 0.002)
    matrix("copying-full", known["copying-full"], weights["copying-full"]["values"], 0.002)
    matrix("copying-mlp0", known["copying-mlp0"], weights["copying-mlp0"]["values"], 0.005)
    entries = [{"text": BOS + text, "target": right, "against": wrong} for text, right, wrong in IOI]
    matrix("dla, eight IOI prompts", known["dla"], prompts(program, model, entries, "dla"), 0.01)
    detector = heed(program, "scores", model, "--text", DETECTOR, "--no-special", "--score", "detector-previous")
    matrix("detector-previous", known["detector-previous"], detector["scores"]["detector-previous"]["values"], 0.003)
    differences = []
    for text, right, wrong in IOI:
        top = heed(program, "predict", model, "--text", BOS + text, "--no-special", "--top", "2000")["top"]
        logits = {entry["text"]: entry["logit"] for entry in top}
        differences.append(logits[right] - logits[wrong])
    line("mean logit difference, eight IOI prompts", 3.552, sum(differences) / len(differences), 0.005)
    top = heed(program, "predict", model, "--text", STORE, "--no-special")["top"]
    for text, share in ((" Mary", 0.7007), (" the", 0.0467), (" John", 0.0454), (" them", 0.0411)):
        found = next((entry["probability"] for entry in top if entry["text"] == text), 0.0)
        line(f"probability of \"{text}\"", share, found, 0.002)
    loss = heed(program, "predict", model, "--text", TEXT, "--no-special")["loss"]
    line("loss on a sentence", 3.999, loss, 0.005)


def pythia(program, model):
    known = {name: entry["values"] for name, entry in KNOWN["pythia70m"].items()}
    weights = heed(program, "scores", model, "--score", "copying-resid,copying-mlp0")["scores"]
    for name in ("copying-resid", "copying-mlp0"):
        matrix(name, known[name], weights[name]["values"], 0.01)
    # The published tokens are not seeded and begin with a BOS that the tokenizer does not add: the ranking alone.
    found = heed(program, "scores", model, "--probe", "repeat:200,0,16", "--score", "induction")
    strongest = [top(table, 5) for table in (known["induction"], found["scores"]["induction"]["values"])]
    line("induction, heads among the strongest five", 5, len(strongest[0] & strongest[1]), 0)


def top(table, count):
    """The strongest heads of a table."""
    heads = [(-value, layer, head) for layer, row in enumerate(table) for head, value in enumerate(row)]
    return {(layer, head) for _, layer, head in sorted(heads)[:count]}


def main():
    program = sys.argv[1]
    parts = [("HEED_GPT2", gpt2), ("HEED_PYTHIA70M", pythia)]
    for variable, part in parts:
        model = os.environ.get(variable)
        if not model:
            print(f"{variable} is not set: name a checkpoint there to check its published numbers")
            continue
        print(f"{variable}={model}\n{'quantity':<44} {'expected':>9} {'found':>9} {'within':>7}")
        part(program, model)
    if failures:
        print(f"{failures} numbers differ")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
