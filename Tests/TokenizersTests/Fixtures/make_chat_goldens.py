"""Writes chat.json: what transformers makes of conversations with the templates in chat/.

usage: make_chat_goldens.py

Needs: transformers, jinja2. The templates were written for these tests after the shape of those that the models
publish; everything.jinja holds what else templates use.
"""

import json
import pathlib
import time

from transformers.utils.chat_template_utils import render_jinja_template

HERE = pathlib.Path(__file__).resolve().parent
TOKENS = dict(bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>")
USER = dict(role="user", content="  What is a \"sink\"?\nGrüße, 東京 🙂 ")
SYSTEM = dict(role="system", content="You are terse.\n")
ANSWER = dict(role="assistant", content="<think>\nhm\n</think>\n\nA key that draws attention. ")
CONVERSATIONS = [
    [USER], [SYSTEM, USER], [USER, ANSWER, dict(role="user", content="More.")],
    [SYSTEM, USER, ANSWER, dict(role="user", content=""), ANSWER], [ANSWER, USER],
]


def main():
    cases = []
    for file in sorted((HERE / "chat").glob("*.jinja")):
        template = file.read_text()
        for messages in CONVERSATIONS:
            for asks in (True, False):
                case = dict(template=file.name, messages=messages, asks=asks)
                try:
                    case["text"] = render_jinja_template(
                        [messages], chat_template=template, add_generation_prompt=asks, **TOKENS)[0][0]
                except Exception as error:
                    case["refused"] = str(error)
                cases.append(case)
    # Of one template the year is a part.
    head = dict(now=int(time.time()), tokens=TOKENS, cases=cases)
    (HERE / "chat.json").write_text(json.dumps(head, ensure_ascii=False, indent=1) + "\n")
    print(len(cases), "cases,", sum("refused" in case for case in cases), "refused")


if __name__ == "__main__":
    main()
