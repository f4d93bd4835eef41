"""Writes what the tokenizers library says about texts that tokenizers get wrong: goldens.json, and the small tokenizers it trains.

usage: python make_tokenizer_goldens.py      (needs: pip install tokenizers; written with 0.23.3)

A case has a text, or bytes in base64 that are no UTF-8, which are decoded with errors="replace"; `ids` with and `plain` without the
special tokens of the post-processor; `spans`, the byte offsets of the plain tokens, both widened to whole characters as the library
gives them; `decoded`, the library's text for the plain ids.
"""
import base64, json, os
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLES = os.path.join(HERE, "..", "..", "..", "samples")

TEXTS = [
    "", " ", "     ", "\n", "\n\n\n", "\t\t x\t", " \n \n  a", "a   b    c ", "trailing space ", "trailing spaces   ",
    "When Mary and John went to the store, John gave a drink to Mary.",
    "it's they're we've I'm he'll she'd isn't IT'S THEY'RE WE'VE I'M HE'LL SHE'D ISN'T 's't're've'm'll'd ''s '' 'x 'r 'v 'l '",
    "don’t “quote” — dash… ‘single’ it’s",
    "0 1 12 123 1234 12345.678 1,000,000 3.14e-10 0x1F ½ ² Ⅷ ①② ٣٤٥ १२३ 一二三",
    "def f(x):\n    return {'a': [x**2, x // 3], \"b\": x != 0}  # comment\n\n\tif x:\r\n\t\tpass\r\n",
    "line\r\nline\rline\n\r\n\r", "a\u00a0b\u00a0\u00a0c \u00a0 d\u3000e\u2003f\u2028g\u2029h\u0085i\u202fj\u205fk\u1680l\u180em\u200bn\ufeffo",
    "\u00a0", "\u3000\u3000x", "x\u3000\u3000", " \u00a0x", "\u00a0 x", "\x0b\x0c\x1c\x1d\x1e\x1f\x85",
    "caf\u00e9 cafe\u0301 \u1e9b\u0323 \u00c5 A\u030a \u212b Stra\u00dfe \ufb01 n\u0303o",
    "हिन्दी में पाठ", "தமிழ் உரை", "ไทยไม่มีช่องว่าง", "العربية من اليمين ١٢", "עברית שָׁלוֹם", "Ελληνικά ΣΊΣΥΦΟΣ", "Русский текст ёж",
    "日本語のテキスト、カタカナ。", "中文没有空格", "한국어 텍스트 각", "ქართული Հայերեն", "አማርኛ", "ᚠᚢᚦ 𐌰𐌱 𝒜𝓑 𝟘𝟙 𠮷野家", "Tiếng Việt tệ",
    "👍👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 ❤️ ❤ 🇫🇷🇩🇪 1️⃣ ☎︎ 🧑🏿‍🚀", "\u0301\u0302 combining first", "a\u0300\u0301\u0302\u0303\u0304\u0305\u0306",
    "\x00\x01\x02 control \x1b[31m \x7f", "zero\u200bwidth\u200cjoin\u200der\u2060 soft\u00adhyphen \u202eright\u202c",
    "\ufffd replacement \ufffe \uffff \U0010ffff \ue000 private", "_under_score__ snake_case CamelCase kebab-case a_1 ‿⁀",
    "!!!???...,,,;;; --- === *** ~~~ ``` @#$%^&*()[]{}<>|\\/", "€£¥₹ §¶†‡ ©®™ °±×÷ ∑∏∫√ ≤≥≠ ←↑→↓ ☃★",
    "<|endoftext|>", "a<|endoftext|>b", " <|endoftext|> ", "<|endoftext|><|endoftext|>", "<|endoftext", "<|endoftext|", "|endoftext|>",
    "<s>x</s> <unk> <pad> [CLS] [SEP] [MASK]", "ab abc abcd xabcx abc. (abc) _abc_ éabc abcé",
    "say <hug> now", "say   <hug>   now", "\n<hug>\u00a0<hug>x<hug>", "<hug>", "  <hug>  ", "<left>  <left>x <left>", "<right>  <right> x",
    "sort 41 7 93 12", "reverse 5 5 5", "sort 100 007 x", "sort,41.7", "sort\n41\t7", " sort 1", "sort １ ٣",
    "a" * 70, "ab" * 60, "the " * 40, "thethethethethethethethethethethethethethethethethethethethethethe", "x" * 300 + "é" * 40,
    "http://example.org/path?query=1&x=%20#frag user@example.org", "e\u0301" * 20, " " * 60 + "x", "\n" * 55,
]
INVALID = [
    b"\xff", b"a\xffb", b"\xc3", b"caf\xc3", b"\xe2\x82", b"\xe2\x82x", b"\xf0\x9f\x98", b"\xf0\x9f\x98 smile", b"\xed\xa0\x80\xed\xb0\x80",
    b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\x80\x80", b"ok \xe6\x97\xa5 bad \xe6\x97 ok", b"\xfe\xff\x00h", b"\xf8\x88\x80\x80\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80",
    b"<|endoftext|>\xff<|endoftext|>",
]
PAIRS = [("the store", "a drink"), ("", "x"), ("sort 1 2", "1 2"), ("é", " é")]
CORPUS = [t for t in TEXTS if 20 < len(t) < 120] + [
    "The quick brown fox jumps over the lazy dog; the dog, it seems, isn't amused. They're used to the other foxes.",
    "abc abcd the then they them there these those this that it's we've he'll",
] * 3


def offsets(text, encoding):
    """Character offsets to byte offsets."""
    at = [0]
    for c in text: at.append(at[-1] + len(c.encode("utf8", "surrogatepass")))
    return [[at[a], at[b]] for a, b in encoding.offsets]


def cases(tok):
    found = []
    for t in TEXTS:
        e = tok.encode(t, add_special_tokens=False)
        found.append({"text": t, "ids": tok.encode(t).ids, "plain": e.ids, "spans": offsets(t, e), "decoded": tok.decode(e.ids, skip_special_tokens=False)})
    for b in INVALID:
        t = b.decode("utf8", errors="replace")
        found.append({"bytes": base64.b64encode(b).decode(), "ids": tok.encode(t).ids, "plain": tok.encode(t, add_special_tokens=False).ids})
    return found


def prefixed():
    """Byte-level with a space put before; most bytes unknown, and unknowns not fused."""
    tok = Tokenizer(models.BPE(unk_token="<unk>"))
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tok.decoder = decoders.ByteLevel()
    tok.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 1)])
    tok.train_from_iterator(CORPUS[-6:], trainers.BpeTrainer(vocab_size=160, special_tokens=["<s>", "</s>", "<unk>", "<|endoftext|>"], show_progress=False))
    return tok


def added():
    """Byte-level without gaps, with added tokens of every kind, and words that are pieces taken whole."""
    tok = Tokenizer(models.BPE(ignore_merges=True))
    tok.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
    tok.decoder = decoders.ByteLevel()
    tok.post_processor = processors.ByteLevel(trim_offsets=False)
    tok.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    tok.add_special_tokens([AddedToken("<hug>", lstrip=True, rstrip=True), AddedToken("[MASK]", normalized=True)])
    tok.add_tokens([AddedToken("<left>", lstrip=True), AddedToken("<right>", rstrip=True), AddedToken("abc", single_word=True),
                    AddedToken("abcd", normalized=False), AddedToken("é", normalized=False, single_word=True), AddedToken("Mary and")])
    return tok


def words():
    """Not byte-level: characters, unknown ones fused, around them [CLS] and [SEP]."""
    tok = Tokenizer(models.BPE(unk_token="[UNK]", fuse_unk=True))
    tok.pre_tokenizer = pre_tokenizers.Whitespace()
    tok.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 1), ("[SEP]", 2)])
    tok.train_from_iterator(CORPUS[-8:], trainers.BpeTrainer(vocab_size=150, special_tokens=["[UNK]", "[CLS]", "[SEP]"], show_progress=False))
    return tok


def main():
    goldens = {}
    for name in ("novels", "sort"):
        goldens[name] = Tokenizer.from_file(os.path.join(SAMPLES, name, "tokenizer.json"))
    for name, make in (("prefixed", prefixed), ("added", added), ("words", words)):
        goldens[name] = make()
        with open(os.path.join(HERE, name + ".json"), "w", encoding="utf8") as f:
            f.write(json.dumps(json.loads(goldens[name].to_str()), ensure_ascii=False, separators=(",", ":")) + "\n")
    out = {name: {"cases": cases(tok), "pairs": [{"first": a, "second": b, "ids": tok.encode(a, b).ids} for a, b in PAIRS]}
           for name, tok in goldens.items()}
    with open(os.path.join(HERE, "goldens.json"), "w", encoding="ascii") as f:
        f.write("{\n" + ",\n".join(
            json.dumps(name) + ': {"cases": [\n' + ",\n".join(json.dumps(c, separators=(",", ":")) for c in g["cases"])
            + '],\n"pairs": ' + json.dumps(g["pairs"]) + "}" for name, g in out.items()) + "\n}\n")


if __name__ == "__main__":
    main()
