"""Writes what the tokenizers library says for every kind of stage and model: stages.json, kinds.json and the small tokenizers in kinds/.

usage: python make_kind_goldens.py      (needs: pip install tokenizers sentencepiece; written with 0.23.3 and 0.2)

stages.json: for each normalizer what it makes of each text (null: the same), for each pre-tokenizer the byte offsets of its pieces.
kinds.json: for each tokenizer of kinds/ and each text `ids` (plain), `spans` (byte offsets), `decoded` (null: the text); and pairs.
"""
import base64, io, json, os
import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from make_tokenizer_goldens import CORPUS, INVALID, PAIRS, TEXTS, offsets

HERE = os.path.dirname(os.path.abspath(__file__))
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
O200K = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
         r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
         r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
DEEPSEEK3 = (r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|"
             r"\s+(?!\S)|\s+")
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CLIP = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
RULES = [("½", "1/2"), ("①", "1"), ("ﬁ", "fi"), ("é", "e´"), ("\u3000", " "), ("\u00a0", " "), ("ſ", "s"), ("日本", "Japan"), ("\u212b", "\u00c5"),
         ("ß", "ss"), ("\u200b", ""), ("１", "1"), ("👍", "+1")]


def unigram_with_rules():
    """A SentencePiece model whose charsmap has a few rules."""
    rules = os.path.join("/tmp", "heed-rules.tsv")
    with open(rules, "w", encoding="utf8") as f:
        for a, b in RULES:
            f.write(" ".join("%X" % ord(c) for c in a) + "\t" + " ".join("%X" % ord(c) for c in b) + "\n")
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS), model_writer=out, vocab_size=260, model_type="unigram", normalization_rule_tsv=rules, character_coverage=1.0,
        hard_vocab_limit=False, minloglevel=2, num_threads=1)
    from sentencepiece import sentencepiece_model_pb2 as pb
    model = pb.ModelProto()
    model.ParseFromString(out.getvalue())
    return model


SP = unigram_with_rules()


def precompiled(): return normalizers.Precompiled(SP.normalizer_spec.precompiled_charsmap)


NORMALIZERS = {
    "nfc": normalizers.NFC(), "nfd": normalizers.NFD(), "nfkc": normalizers.NFKC(), "nfkd": normalizers.NFKD(),
    "lowercase": normalizers.Lowercase(), "accents": normalizers.StripAccents(), "nfd-accents": normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents()]),
    "bert": normalizers.BertNormalizer(), "bert-cased": normalizers.BertNormalizer(lowercase=False), "bert-accents": normalizers.BertNormalizer(strip_accents=False),
    "nmt": normalizers.Nmt(), "prepend": normalizers.Prepend("▁"), "strip": normalizers.Strip(), "strip-left": normalizers.Strip(right=False),
    "replace": normalizers.Replace("a", "bb"), "replace-long": normalizers.Replace("the", ""), "replace-regex": normalizers.Replace(Regex(r"\s{2,}|\d"), "_"),
    "precompiled": precompiled(), "bytes": normalizers.ByteLevel(),
}


def split(pattern, behavior, invert=False): return pre_tokenizers.Split(Regex(pattern), behavior, invert)


def byte_split(pattern): return pre_tokenizers.Sequence([split(pattern, "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


FALCON = [pre_tokenizers.Punctuation("contiguous"), pre_tokenizers.ByteLevel(add_prefix_space=False), pre_tokenizers.Digits(False), split("[0-9][0-9][0-9]", "isolated")]
DEEPSEEK = [split(r"\p{N}{1,3}", "isolated"), split("[一-龥\u3040-ゟ゠-ヿ]+", "isolated"), split(DEEPSEEK3, "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
PRE = {
    "bert": pre_tokenizers.BertPreTokenizer(), "punctuation": pre_tokenizers.Punctuation(), "digits": pre_tokenizers.Digits(), "each-digit": pre_tokenizers.Digits(True),
    "whitespace-split": pre_tokenizers.WhitespaceSplit(), "delimiter": pre_tokenizers.CharDelimiterSplit("e"),
    "metaspace": pre_tokenizers.Metaspace(), "metaspace-first": pre_tokenizers.Metaspace(prepend_scheme="first"),
    "metaspace-never": pre_tokenizers.Metaspace(prepend_scheme="never"), "metaspace-whole": pre_tokenizers.Metaspace(split=False),
    **{"split-" + b: split(r"[ae]|\d\d|\s\s+", b) for b in ("removed", "isolated", "contiguous", "merged_with_previous", "merged_with_next")},
    **{"invert-" + b: split(r"\p{L}+", b, True) for b in ("removed", "isolated", "merged_with_next")},
    "split-text": pre_tokenizers.Split("th", "merged_with_previous"),
    "words": split(r"\w+", "isolated"), "not-words": split(r"\W+", "isolated"), "spaces": split(r"\s+", "isolated"), "han": split(r"\p{Han}+", "isolated"),
    "possessive": split(r"[a-z]++[^\s]|(?>a|ab)c|(?i:THE)", "isolated"),
    "gpt2": split(GPT2, "isolated"), "llama3": split(LLAMA3, "isolated"), "qwen2": split(QWEN2, "isolated"), "o200k": split(O200K, "isolated"),
    "deepseek": pre_tokenizers.Sequence(DEEPSEEK[:3]), "falcon": pre_tokenizers.Sequence(FALCON), "clip": split(CLIP, "removed", True),
}


# The pre-tokenizers of tokenizer.json files that a GGUF file names in tokenizer.ggml.pre, without their last step to bytes.
LETTERS = ("A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-"
           "\u1f15\u1f18-\u1f1d\u1f20-\u1f45\u1f48-\u1f4d\u1f50-\u1f57\u1f59\u1f5b\u1f5d\u1f5f-\u1f7d\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4\u1fc6-\u1fcc\u1fd0-\u1fd3\u1fd6-\u1fdb\u1fe0-\u1fec\u1ff2-\u1ff4\u1ff6-\u1ffc\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d\u2124\u2126\u2128\u212a-\u212d\u212f-\u2134\u2139\u213c-\u213f\u2145-\u2149\u214e\u2183\u2184Ⰰ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃")
CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
BLOOM = r" ?[^(\s|.,!?…。，、।۔،)]+"
CJK = "[一-龥ࠀ-一가-\ud7ff]+"
TEKKEN = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|"
          r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
OTHER = r"[\p{%s}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]"
UPPER, LOWER = OTHER % r"Lu}\p{Lt", OTHER % "Ll"
KIMI = (r"[\p{Han}]+|[^\r\n\p{L}\p{N}]?" + UPPER + "*" + LOWER + "+" + CONTRACTIONS + r"?|[^\r\n\p{L}\p{N}]?" + UPPER + "+" + LOWER + "*" + CONTRACTIONS +
        r"?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
SPLITS = {
    "llama-bpe": [LLAMA3], "qwen2": [QWEN2], "gpt-4o": [O200K], "tekken": [TEKKEN], "gpt-2": [GPT2],
    "qwen35": [CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"],
    "bailingmoe": [r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"],
    "seed-coder": [CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+"],
    "exaone-moe": [CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+"],
    "kimi-k2": [KIMI],
    "tiny_aya": [r"\d{1,3}(?=(?:\d{3})*\b)", O200K], "superbpe": [r"\p{N}+", r"(?=(\d{3})+(?!\d))"],
    "bloom": [BLOOM], "deepseek-v3": [r"\p{N}{1,3}", "[一-龥\u3040-ゟ゠-ヿ]+", DEEPSEEK3],
    "deepseek-coder": [r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", CJK],
    "deepseek-llm": [r"[\r\n]", r"\s?[" + LETTERS + "]+", "\\s?[!-/:-~！-／：-～‘-‟\u3000-。]+", r"\s+$", CJK],
}
DIGITS = [pre_tokenizers.Digits(True)]
NAMED = {name: [split(p, "isolated") for p in patterns] for name, patterns in SPLITS.items()}
NAMED["deepseek-coder"] += DIGITS
NAMED["deepseek-llm"] += [pre_tokenizers.Digits(False)]
NAMED |= {"falcon": FALCON, "viking": NAMED["bloom"] + DIGITS, "starcoder": DIGITS + [pre_tokenizers.ByteLevel(add_prefix_space=False)]}
PRE |= {"gguf " + name: pre_tokenizers.Sequence(stages) for name, stages in NAMED.items()}


def train(tok, trainer): tok.train_from_iterator(CORPUS, trainer)


def bpe(size=330, alphabet=True, special=(), **options):
    return trainers.BpeTrainer(vocab_size=size, special_tokens=list(special), show_progress=False,
                               initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if alphabet else [], **options)


def template(first, last=None, pair=None):
    return processors.TemplateProcessing(single=first, pair=pair, special_tokens=last)


def wordpiece(lowercase):
    tok = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=60))
    tok.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tok.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tok.decoder = decoders.WordPiece(cleanup=lowercase)
    train(tok, trainers.WordPieceTrainer(vocab_size=300, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False))
    tok.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tok


def roberta():
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tok.decoder = decoders.ByteLevel()
    train(tok, bpe(special=["<s>", "<pad>", "</s>", "<unk>", "<mask>"]))
    tok.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False)])
    tok.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=False, add_prefix_space=False)
    return tok


def byte_level(pre, normalizer=None, **options):
    tok = Tokenizer(models.BPE(**options))
    if normalizer: tok.normalizer = normalizer
    tok.pre_tokenizer = pre
    tok.decoder = decoders.ByteLevel()
    train(tok, bpe())
    tok.add_special_tokens(["<|endoftext|>"])
    return tok


def clip():
    tok = Tokenizer(models.BPE(unk_token="<|endoftext|>", end_of_word_suffix="</w>"))
    tok.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    tok.pre_tokenizer = pre_tokenizers.Sequence([split(CLIP, "removed", True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tok.decoder = decoders.ByteLevel()
    train(tok, bpe(special=["<|startoftext|>", "<|endoftext|>"], end_of_word_suffix="</w>"))
    tok.post_processor = processors.RobertaProcessing(("<|endoftext|>", 1), ("<|startoftext|>", 0), trim_offsets=False, add_prefix_space=False)
    return tok


def byte_pieces(): return ["<0x%02X>" % b for b in range(256)]


def llama(tok_pre=None, normalizer=None, drop=0):
    """Pieces with ▁ and the 256 bytes; some of these left out where `drop` says so."""
    tok = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tok.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    train(tok, bpe(size=520, alphabet=False, special=["<unk>", "<s>", "</s>"] + byte_pieces()[drop:], max_token_length=8, limit_alphabet=60))
    if normalizer: tok.normalizer = normalizer
    if tok_pre: tok.pre_tokenizer = tok_pre
    data = json.loads(tok.to_str())
    data["added_tokens"] = data["added_tokens"][:3]
    tok = Tokenizer.from_str(json.dumps(data))
    tok.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tok.post_processor = template("<s> $A", [("<s>", 1)], "<s> $A <s>:1 $B:1")
    return tok


def prefixed_bpe():
    tok = Tokenizer(models.BPE(unk_token="[UNK]", continuing_subword_prefix="##"))
    tok.pre_tokenizer = pre_tokenizers.Whitespace()
    tok.decoder = decoders.WordPiece()
    train(tok, bpe(size=300, alphabet=False, special=["[UNK]"], continuing_subword_prefix="##"))
    return tok


def suffixed_bpe():
    tok = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>", fuse_unk=True))
    tok.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tok.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tok.decoder = decoders.BPEDecoder()
    train(tok, bpe(size=300, alphabet=False, special=["<unk>"], end_of_word_suffix="</w>"))
    return tok


def unigram(byte_fallback=False):
    pieces = [(p.piece, p.score) for p in SP.pieces]
    if byte_fallback: pieces += [(p, -20.0) for p in byte_pieces()]
    tok = Tokenizer(models.Unigram(pieces, 0, byte_fallback))
    tok.normalizer = normalizers.Sequence([precompiled(), normalizers.Replace(Regex(" {2,}"), " ")])
    tok.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tok.decoder = decoders.Metaspace()
    if byte_fallback: tok.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
    tok.add_special_tokens(["<unk>", "<s>", "</s>", "<extra_id_0>"])
    tok.post_processor = template("$A </s>", [("</s>", 2)], "$A </s> $B </s>")
    return tok


def albert():
    tok = unigram()
    tok.normalizer = normalizers.Sequence([
        normalizers.Replace("``", '"'), normalizers.Replace("''", '"'), normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase(), precompiled(),
        normalizers.Replace(Regex(" {2,}"), " ")])
    tok.add_special_tokens([AddedToken("[MASK]", lstrip=True, normalized=False)])
    tok.post_processor = template("<s> $A </s>", [("<s>", 1), ("</s>", 2)], "<s> $A </s> $B:1 </s>:1")
    return tok


def t5():
    """As transformers converts a T5 model."""
    pieces = [(p.piece, p.score) for p in SP.pieces] + [("<extra_id_%d>" % i, 0.0) for i in reversed(range(100))]
    tok = Tokenizer(models.Unigram(pieces, 0))
    tok.normalizer = normalizers.Sequence([precompiled(), normalizers.Strip(left=False, right=True), normalizers.Replace(Regex(" {2,}"), "▁")])
    tok.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tok.decoder = decoders.Metaspace()
    tok.add_special_tokens(["<unk>", "<s>", "</s>"])
    tok.add_tokens([AddedToken("<extra_id_%d>" % i, normalized=False) for i in range(100)])
    tok.post_processor = template("$A </s>", [("</s>", 2)], "$A </s> $B </s>")
    return tok


def sentencepiece_bpe():
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS), model_writer=out, vocab_size=500, model_type="bpe", byte_fallback=True, normalization_rule_name="identity",
        character_coverage=0.98, minloglevel=2, num_threads=1, remove_extra_whitespaces=False, hard_vocab_limit=False)
    return out.getvalue()


BPE_MODEL = sentencepiece_bpe()


def spm_llama():
    """As transformers converts a Llama model: a merge for each two pieces that make a third, by its score."""
    from sentencepiece import sentencepiece_model_pb2 as pb
    model = pb.ModelProto()
    model.ParseFromString(BPE_MODEL)
    vocab = {p.piece: i for i, p in enumerate(model.pieces)}
    merges = []
    for p in model.pieces:
        if p.type != 1: continue
        local = [(p.piece[:i], p.piece[i:], p.score) for i in range(1, len(p.piece)) if p.piece[:i] in vocab and p.piece[i:] in vocab]
        merges += sorted(local, key=lambda x: (vocab[x[0]], vocab[x[1]]))
    merges = [(a, b) for a, b, _ in sorted(merges, key=lambda x: -x[2])]
    tok = Tokenizer(models.BPE(vocab, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tok.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tok.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tok.add_special_tokens(["<unk>", "<s>", "</s>"])
    tok.post_processor = template("<s> $A", [("<s>", 1)], "<s> $A <s>:1 $B:1")
    return tok


KINDS = {
    "t5": t5, "spm-llama": spm_llama,
    "wordpiece": lambda: wordpiece(True), "wordpiece-cased": lambda: wordpiece(False), "roberta": roberta,
    "llama3": lambda: byte_level(byte_split(LLAMA3), ignore_merges=True), "qwen2": lambda: byte_level(byte_split(QWEN2), normalizers.NFC()),
    "deepseek": lambda: byte_level(pre_tokenizers.Sequence(DEEPSEEK)), "falcon": lambda: byte_level(pre_tokenizers.Sequence(FALCON)),
    "digits": lambda: byte_level(pre_tokenizers.Sequence([pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False)])),
    "clip": clip, "llama": llama, "llama-unknown": lambda: llama(drop=1),
    "gemma": lambda: llama(pre_tokenizers.Split(" ", "merged_with_previous"), normalizers.Replace(" ", "▁")),
    "mistral": lambda: llama(pre_tokenizers.Metaspace(prepend_scheme="first", split=False), normalizers.Sequence([])),
    "prefixed-bpe": prefixed_bpe, "suffixed-bpe": suffixed_bpe, "unigram": unigram, "unigram-bytes": lambda: unigram(True), "albert": albert,
}


def results(tok):
    found = []
    for t in TEXTS:
        e = tok.encode(t, add_special_tokens=False)
        decoded = tok.decode(e.ids, skip_special_tokens=False)
        found.append([e.ids, offsets(t, e), None if decoded == t else decoded])
    return found


def pairs(tok):
    out = []
    for a, b in PAIRS:
        e = tok.encode(a, b)
        out.append({"first": a, "second": b, "ids": e.ids, "types": e.type_ids})
    return out


def dump(name, value):
    with open(os.path.join(HERE, name), "w", encoding="utf8") as f:
        f.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").replace("\x85", "\\u0085") + "\n")


def at(text, spans):
    edges = [0]
    for c in text: edges.append(edges[-1] + len(c.encode("utf8", "surrogatepass")))
    return [[edges[a], edges[b]] for a, b in spans]


def main():
    stages = {"texts": TEXTS, "normalizers": [], "pre_tokenizers": []}
    for name, stage in NORMALIZERS.items():
        out = [stage.normalize_str(t) for t in TEXTS]
        stages["normalizers"].append({"name": name, "stage": json.loads(stage.__getstate__()), "texts": [None if a == b else a for a, b in zip(out, TEXTS)]})
    for name, stage in PRE.items():
        spans = [at(t, [s for _, s in stage.pre_tokenize_str(t)]) for t in TEXTS]
        stages["pre_tokenizers"].append({"name": name, "stage": json.loads(stage.__getstate__()), "spans": spans})
    dump("stages.json", stages)
    os.makedirs(os.path.join(HERE, "kinds"), exist_ok=True)
    kinds = {"texts": TEXTS, "invalid": [base64.b64encode(b).decode() for b in INVALID], "kinds": {}}
    for name, make in KINDS.items():
        tok = make()
        data = json.loads(tok.to_str())
        dump(os.path.join("kinds", name + ".json"), data)
        tok = Tokenizer.from_str(json.dumps(data))
        kinds["kinds"][name] = {"cases": results(tok), "pairs": pairs(tok),
                                "invalid": [tok.encode(b.decode("utf8", errors="replace"), add_special_tokens=False).ids for b in INVALID]}
    dump("kinds.json", kinds)
    for name, data in (("spiece.model", SP.SerializeToString()), ("bpe.model", BPE_MODEL)):
        with open(os.path.join(HERE, "kinds", name), "wb") as f: f.write(data)


if __name__ == "__main__":
    main()
