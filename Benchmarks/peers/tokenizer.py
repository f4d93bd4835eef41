"""Cuts 10 MB of text with heed and with the tokenizers library, one thread each, for every kind of tokenizer heed reads.

usage: tokenizer.py [--heed .build/release/heed] [--cache FOLDER] [--rounds 3] [--only KIND,...]

Needs: tokenizers, sentencepiece, gguf. The text is Python's own library, code and English, with a sixth of words in other
scripts; the vocabularies are trained on it, once. heed's time is that of `heed tokens --count` less the same for an empty
text, which leaves out starting and reading the vocabulary; the library's that of `encode_batch` over whole lines of
about `--chunk` bytes, where it is fastest, and of `encode` over all of it at once. Both answer with ids, pieces and offsets.
The ids of the first 200 kB have to be the same.
"""

import argparse
import base64
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE.parents[1] / "Tests" / "TokenizersTests" / "Fixtures"
sys.path.insert(0, str(FIXTURES))

import gguf  # noqa: E402
import sentencepiece  # noqa: E402
from tokenizers import (  # noqa: E402
    Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers)

import make_tokenizer_goldens as goldens  # noqa: E402

SIZE = 10_000_000
VOCABULARY = 32_000
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def corpus():
    """The same text on every run with the same Python."""
    words = sorted({word for text in goldens.CORPUS + goldens.TEXTS for word in text.split()
                    if not word.isascii() and word.isprintable()})
    draw = random.Random(7)
    parts, size = [], 0
    for file in sorted(pathlib.Path(sysconfig.get_path("stdlib")).rglob("*.py")):
        try:
            text = file.read_text(encoding="utf8")
        except UnicodeDecodeError:
            continue
        other = []
        for _ in range(len(text) // 60):
            other.append(draw.choice(words))
            if draw.random() < 0.1:
                other.append("\n")
        parts.append(text + " ".join(other) + "\n")
        size += len(parts[-1].encode())
        if size >= SIZE:
            break
    return "".join(parts).encode()[:SIZE].decode("utf8", errors="ignore")


def sentence_piece(text, kind, path):
    lines = [line[:2000] for line in text[:4_000_000].split("\n") if line]
    with open(path, "wb") as file:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines), model_writer=file, vocab_size=VOCABULARY, model_type=kind,
            byte_fallback=kind == "bpe", remove_extra_whitespaces=kind != "bpe",
            normalization_rule_name="identity" if kind == "bpe" else "nmt_nfkc", character_coverage=0.9995,
            hard_vocab_limit=False, minloglevel=2, num_threads=1)


def model_proto(path):
    from sentencepiece import sentencepiece_model_pb2 as proto
    model = proto.ModelProto()
    model.ParseFromString(path.read_bytes())
    return model


def merges_of(model):
    """A merge for each two pieces that make a third, by its score: as transformers converts a Llama model."""
    ids = {piece.piece: i for i, piece in enumerate(model.pieces)}
    found = []
    for piece in model.pieces:
        if piece.type != 1:
            continue
        text = piece.piece
        pairs = [(text[:i], text[i:]) for i in range(1, len(text)) if text[:i] in ids and text[i:] in ids]
        found += [(a, b, piece.score) for a, b in sorted(pairs, key=lambda p: (ids[p[0]], ids[p[1]]))]
    return ids, [(a, b) for a, b, _ in sorted(found, key=lambda m: -m[2])]


def byte_level(text, pre, **options):
    tokenizer = Tokenizer(models.BPE(**options))
    tokenizer.pre_tokenizer = pre
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        text[:4_000_000].splitlines(keepends=True),
        trainers.BpeTrainer(
            vocab_size=VOCABULARY, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    return tokenizer


def gpt2(text, _):
    return byte_level(text, pre_tokenizers.ByteLevel(add_prefix_space=False))


def llama3(text, _):
    return byte_level(
        text, pre_tokenizers.Sequence([
            pre_tokenizers.Split(Regex(LLAMA3), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]), ignore_merges=True)


def wordpiece(text, _):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.train_from_iterator(
        text[:4_000_000].splitlines(keepends=True),
        trainers.WordPieceTrainer(vocab_size=VOCABULARY, special_tokens=["[PAD]", "[UNK]"], show_progress=False))
    return tokenizer


def fallback(_, folder):
    """Llama 2's: merges of pieces with scores, unknown characters as bytes."""
    ids, merges = merges_of(model_proto(folder / "bpe.model"))
    tokenizer = Tokenizer(models.BPE(ids, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    return tokenizer


def unigram(_, folder):
    """T5's."""
    model = model_proto(folder / "unigram.model")
    tokenizer = Tokenizer(models.Unigram([(p.piece, p.score) for p in model.pieces], 0))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Precompiled(model.normalizer_spec.precompiled_charsmap),
        normalizers.Strip(left=False, right=True), normalizers.Replace(Regex(" {2,}"), "▁")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    return tokenizer


def as_tiktoken(tokenizer, folder):
    stand_ins = pre_tokenizers.ByteLevel.alphabet()
    table = {}
    plain = [b for b in [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]]
    table = {chr(b): b for b in plain}
    table |= {chr(0x100 + i): b for i, b in enumerate(b for b in range(256) if b not in plain)}
    assert set(table) == set(stand_ins)
    vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    lines = (f"{base64.b64encode(bytes(table[c] for c in piece)).decode()} {id}\n" for piece, id in vocabulary)
    (folder / "x.tiktoken").write_text("".join(lines))


def as_gguf(tokenizer, folder, pre):
    data = json.loads(tokenizer.to_str())["model"]
    writer = gguf.GGUFWriter(folder / "m.gguf", "llama")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list([piece for piece, _ in sorted(data["vocab"].items(), key=lambda item: item[1])])
    writer.add_token_merges([" ".join(merge) for merge in data["merges"]])
    finish(writer)


def as_scored_gguf(model, folder):
    writer = gguf.GGUFWriter(folder / "m.gguf", "llama")
    writer.add_tokenizer_model("llama")
    writer.add_token_list([piece.piece for piece in model.pieces])
    writer.add_token_scores([piece.score for piece in model.pieces])
    writer.add_token_types([piece.type for piece in model.pieces])
    writer.add_unk_token_id(0)
    finish(writer)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


BASES = {"gpt2": gpt2, "llama3": llama3, "fallback": fallback, "wordpiece": wordpiece, "unigram": unigram}
# Each kind, the tokenizer of the library that it has to agree with, and what heed reads.
KINDS = {
    "byte-level BPE (GPT-2)": ("gpt2", "tokenizer.json"),
    "byte-level BPE (Llama 3)": ("llama3", "tokenizer.json"),
    "byte-fallback BPE": ("fallback", "tokenizer.json"),
    "WordPiece": ("wordpiece", "tokenizer.json"),
    "Unigram": ("unigram", "tokenizer.json"),
    "SentencePiece BPE": ("fallback", "tokenizer.model"),
    "SentencePiece Unigram": ("unigram", "spiece.model"),
    "tiktoken": ("llama3", "x.tiktoken"),
    "GGUF byte-level": ("llama3", "m.gguf"),
    "GGUF scores": ("fallback", "m.gguf"),
}


def prepare(cache):
    """The text and a folder for each kind."""
    cache.mkdir(parents=True, exist_ok=True)
    text_file = cache / "text"
    if not text_file.exists():
        text_file.write_text(corpus(), encoding="utf8")
    text = text_file.read_bytes().decode()
    for kind in ("bpe", "unigram"):
        if not (cache / f"{kind}.model").exists():
            sentence_piece(text, kind, cache / f"{kind}.model")
    libraries = {}
    for name, make in BASES.items():
        file = cache / f"{name}.json"
        if not file.exists():
            make(text, cache).save(str(file))
        libraries[name] = Tokenizer.from_file(str(file))
    for base, file in KINDS.values():
        folder = cache / f"{base}-{file}"
        if folder.exists():
            continue
        folder.mkdir()
        match file:
            case "tokenizer.json":
                (folder / file).write_bytes((cache / f"{base}.json").read_bytes())
            case "tokenizer.model":
                (folder / file).write_bytes((cache / "bpe.model").read_bytes())
                (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "LlamaTokenizer"}')
            case "spiece.model":
                (folder / file).write_bytes((cache / "unigram.model").read_bytes())
                (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "T5Tokenizer"}')
            case "x.tiktoken":
                as_tiktoken(libraries[base], folder)
            case "m.gguf" if base == "fallback":
                as_scored_gguf(model_proto(cache / "bpe.model"), folder)
            case "m.gguf":
                as_gguf(libraries[base], folder, "llama-bpe")
        # What heed takes for a folder of a checkpoint.
        if file != "m.gguf":
            (folder / "config.json").write_text("{}")
    return text, libraries


def seconds(run):
    start = time.perf_counter()
    result = run()
    return time.perf_counter() - start, result


def heed(binary, model, file, *more):
    output = subprocess.run(
        [binary, "tokens", model, "--file", file, "--no-special", *more], check=True, capture_output=True)
    return output.stdout


def chunks(text, size):
    found, start = [], 0
    while start < len(text):
        end = text.find("\n", start + size) + 1 or len(text)
        found.append(text[start:end])
        start = end
    return found


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heed", default=".build/release/heed")
    parser.add_argument("--cache", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "heed-bench" / "tokenizers")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--chunk", type=int, default=10_000)
    parser.add_argument("--only", help="kinds, by a part of their names, with commas")
    arguments = parser.parse_args()
    text, libraries = prepare(arguments.cache)
    (arguments.cache / "empty").write_text("")
    (arguments.cache / "start").write_text(text[:200_000], encoding="utf8")
    parts = chunks(text, arguments.chunk)
    size = len(text.encode())
    print(f"{size / 1e6:.1f} MB, {arguments.rounds} rounds, medians, MB/s")
    print(f"{'kind':26} {'heed':>7} {'library':>8} {'at once':>8} {'ratio':>6} {'smallest':>9}")
    for kind, (base, file) in KINDS.items():
        if arguments.only and not any(word in kind for word in arguments.only.split(",")):
            continue
        folder = arguments.cache / f"{base}-{file}"
        model = str(folder / file) if file == "m.gguf" else str(folder)
        library = libraries[base]
        own = json.loads(heed(arguments.heed, model, str(arguments.cache / "start"), "--format", "json"))
        expected = library.encode(text[:200_000], add_special_tokens=False).ids
        if [token["id"] for token in own["tokens"]] != expected:
            print(f"{kind:26} other ids than the library's", flush=True)
            continue
        times = {"heed": [], "library": [], "at once": []}
        for _ in range(arguments.rounds):
            whole, _ = seconds(lambda: heed(arguments.heed, model, str(arguments.cache / "text"), "--count"))
            empty, _ = seconds(lambda: heed(arguments.heed, model, str(arguments.cache / "empty"), "--count"))
            times["heed"].append(whole - empty)
            times["library"].append(seconds(
                lambda: len(library.encode_batch(parts, add_special_tokens=False)))[0])
            times["at once"].append(seconds(lambda: len(library.encode(text, add_special_tokens=False)))[0])
        middle = {name: statistics.median(list) for name, list in times.items()}
        best = min(middle["library"], middle["at once"])
        ratios = [min(a, b) / c for a, b, c in zip(times["library"], times["at once"], times["heed"])]
        speed = {name: size / 1e6 / value for name, value in middle.items()}
        print(f"{kind:26} {speed['heed']:7.2f} {speed['library']:8.2f} {speed['at once']:8.2f} "
              f"{best / middle['heed']:6.2f} {min(ratios):9.2f}", flush=True)


if __name__ == "__main__":
    main()
