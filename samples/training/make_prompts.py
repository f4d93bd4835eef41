"""Writes ../prompts: twenty prompts of each kind that tells a type of head, for `heed scores --prompts`.

names.jsonl      indirect objects; the name that should come next, also as the span `io`
ordinals.jsonl   ordered words, and the next one
needles.jsonl    a secret number told once, and asked for after some hay
"""
import json
import os
import random

import synthetic

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../prompts")
HAY = [
    "The rain had stopped by the time they reached the house.",
    "She looked out of the window for a long while and said nothing.",
    "There was a great deal of noise in the street that morning.",
    "The old man put down his paper and asked for more tea.",
    "They talked of the weather, and then of the harvest.",
]


def names(rng):
    a, b = rng.sample(synthetic.NAMES, 2)
    place, thing = rng.choice(synthetic.PLACES), rng.choice(synthetic.OBJECTS)
    first, second = (a, b) if rng.random() < 0.5 else (b, a)
    text = rng.choice([
        f"When {first} and {second} went to the {place}, {b} gave a {thing} to",
        f"After {first} and {second} came to the {place}, {b} showed a {thing} to",
    ])
    return {"text": text, "target": f" {a}", "spans": {"io": f" {a}"}, "tags": ["names"]}


def ordinals(rng):
    words = rng.choice(synthetic.ORDINALS[:2])
    start = rng.randrange(len(words) - 4)
    text = " ".join(words[start:start + 4])
    return {"text": text, "target": f" {words[start + 4]}", "tags": ["ordinals"]}


def needles(rng):
    owner = f"{rng.choice(synthetic.NAMES)}'s {rng.choice(synthetic.OBJECTS)}"
    number = str(rng.randint(1000, 9999))
    hay = " ".join(rng.sample(HAY, 3))
    return {"prompt": f"The secret number of {owner} is {number}. {hay} The secret number of {owner} is", "answer": number}


os.makedirs(FOLDER, exist_ok=True)
for make in (names, ordinals, needles):
    rng = random.Random(1)
    with open(os.path.join(FOLDER, f"{make.__name__}.jsonl"), "w") as file:
        for _ in range(20):
            file.write(json.dumps(make(rng)) + "\n")
