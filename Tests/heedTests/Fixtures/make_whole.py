"""Writes whole checkpoints as people have them, tokenizer and preprocessor included, and what transformers predicts with them.

usage: python make_whole.py      (needs: torch, transformers 5, tokenizers, sentencepiece, protobuf, gguf, pillow)

Each folder is a tiny random checkpoint; `expected.json` beside it has the command's answer: the ids of the prompt and the
best candidates with their logits, or the similarities of an image and captions. float32, one thread.
"""

import json
import pathlib
import shutil

import gguf
import numpy
import torch
import transformers as hf
from PIL import Image
from tokenizers import AddedToken, Tokenizer

HERE = pathlib.Path(__file__).resolve().parent
KINDS = HERE.parents[1] / "TokenizersTests" / "Fixtures" / "kinds"
SIZES = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24)
VISION = dict(**SIZES, image_size=12, patch_size=4)


def fill(model, seed):
    """Random weights, large enough that predictions differ clearly."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            noise = torch.randn(parameter.shape, generator=generator)
            lower = name.lower()
            if ("norm" in lower or "layrnorm" in lower) and parameter.dim() == 1:
                parameter.copy_((1 if name.endswith("weight") else 0) + 0.2 * noise)
            elif lower.endswith("logit_scale"):
                parameter.fill_(2.0)
            else:
                parameter.copy_((0.6 if "embed" in lower else 0.25) * noise)
    return model.eval()


def folder(name):
    path = HERE / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    return path


def finish(path, expected):
    (path / "generation_config.json").unlink(missing_ok=True)
    (path / "expected.json").write_text(json.dumps(expected, ensure_ascii=False) + "\n", encoding="utf8")
    for file in path.iterdir():
        file.chmod(0o644)
    print(path.name, expected)


def best(logits, count=5):
    values, ids = logits.topk(count)
    return [[int(i), float(v)] for i, v in zip(ids, values)]


def picture(path):
    y, x = numpy.mgrid[0:16, 0:20]
    pixels = numpy.stack([x * 12, y * 15, (x * y) % 256], axis=-1).astype(numpy.uint8)
    Image.fromarray(pixels).save(path / "picture.png")
    return Image.fromarray(pixels)


def special(tokenizer, *names):
    tokenizer.add_special_tokens([AddedToken(name, normalized=False) for name in names])


def secure_roberta():
    """As SecureBERT is published: a RoBERTa as a pickle, vocab.json and merges.txt, and more rows than config.json says."""
    path = folder("roberta-bin")
    data = json.loads((KINDS / "roberta.json").read_text(encoding="utf8"))
    vocabulary = data["model"]["vocab"]
    # Words of its field, at the end.
    for word in ("Ġmalware", "Ġexploit", "Ġransomware"):
        vocabulary[word] = len(vocabulary)
    vocabulary["<mask>"] = vocabulary.get("<mask>", len(vocabulary))
    (path / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf8")
    merges = "\n".join(" ".join(merge) for merge in data["model"]["merges"])
    (path / "merges.txt").write_text(f"#version: 0.2\n{merges}\n", encoding="utf8")
    (path / "tokenizer_config.json").write_text('{"tokenizer_class": "RobertaTokenizer"}\n')
    config = hf.RobertaConfig(
        **SIZES, vocab_size=len(vocabulary), type_vocab_size=1, pad_token_id=1, max_position_embeddings=60)
    model = fill(hf.RobertaForMaskedLM(config), 1)
    config.vocab_size -= 3
    config.save_pretrained(path)
    torch.save(model.state_dict(), path / "pytorch_model.bin")
    text = "The quick <mask> fox jumps"
    tokenizer = Tokenizer.from_file(str(KINDS / "roberta.json"))
    ids = tokenizer.encode(text).ids
    place = ids.index(vocabulary["<mask>"])
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0, place]
    finish(path, dict(text=text, ids=ids, top=best(logits)))


def bert():
    path = folder("bert-mask")
    tokenizer = Tokenizer.from_file(str(KINDS / "wordpiece.json"))
    tokenizer.save(str(path / "tokenizer.json"))
    model = fill(hf.BertForMaskedLM(hf.BertConfig(
        **SIZES, vocab_size=tokenizer.get_vocab_size(), max_position_embeddings=60)), 2)
    model.save_pretrained(path)
    text = "the quick [MASK] fox"
    ids = tokenizer.encode(text).ids
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0, ids.index(tokenizer.token_to_id("[MASK]"))]
    finish(path, dict(text=text, ids=ids, top=best(logits)))


PROCESSOR = dict(
    image_processor_type="CLIPImageProcessor", do_resize=True, size={"shortest_edge": 12}, resample=3, do_center_crop=True,
    crop_size={"height": 12, "width": 12}, do_rescale=True, rescale_factor=1 / 255, do_normalize=True,
    image_mean=[0.48, 0.46, 0.41], image_std=[0.27, 0.26, 0.28], do_convert_rgb=True)


def pixels(path, image):
    (path / "preprocessor_config.json").write_text(json.dumps(PROCESSOR))
    return hf.AutoImageProcessor.from_pretrained(path)(image, return_tensors="pt")["pixel_values"].float()


def llava():
    path = folder("llava")
    tokenizer = Tokenizer.from_file(str(KINDS / "llama.json"))
    special(tokenizer, "<image>")
    tokenizer.save(str(path / "tokenizer.json"))
    template = "{% for m in messages %}USER: {{ m['content'] }} ASSISTANT:{% endfor %}"
    (path / "tokenizer_config.json").write_text(json.dumps(dict(chat_template=template)))
    image = tokenizer.token_to_id("<image>")
    config = hf.LlavaConfig(
        vision_config=dict(**VISION, model_type="clip_vision_model"),
        text_config=dict(
            model_type="llama", **SIZES, vocab_size=tokenizer.get_vocab_size(), num_key_value_heads=1, max_position_embeddings=128),
        image_token_index=image, vision_feature_layer=-2, vision_feature_select_strategy="default")
    model = fill(hf.LlavaForConditionalGeneration(config), 3)
    model.save_pretrained(path)
    values = pixels(path, picture(path))
    text = "<image> what is this?"
    found = {}
    for key, written in (("plain", text), ("chat", f"USER: {text} ASSISTANT:")):
        ids = tokenizer.encode(written, add_special_tokens=key == "plain").ids
        at = ids.index(image)
        ids[at:at + 1] = [image] * 9
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([ids]), pixel_values=values).logits[0, -1]
        found[key] = dict(ids=ids, top=best(logits))
    finish(path, dict(text=text, **found))


CAPTIONS = ["a photo of a cat", "the quick brown fox", "two dogs"]


def clip():
    path = folder("clip")
    tokenizer = Tokenizer.from_file(str(KINDS / "clip.json"))
    tokenizer.save(str(path / "tokenizer.json"))
    end = tokenizer.token_to_id("<|endoftext|>")
    model = fill(hf.CLIPModel(hf.CLIPConfig(
        text_config=dict(
            **SIZES, vocab_size=tokenizer.get_vocab_size(), max_position_embeddings=77, eos_token_id=end,
            bos_token_id=tokenizer.token_to_id("<|startoftext|>"), pad_token_id=end),
        vision_config=VISION, projection_dim=8)), 4)
    model.save_pretrained(path)
    values = pixels(path, picture(path))
    with torch.no_grad():
        logits = [float(model(input_ids=torch.tensor([tokenizer.encode(caption).ids]), pixel_values=values).logits_per_image)
                  for caption in CAPTIONS]
    finish(path, dict(captions=CAPTIONS, logits=logits))


def siglip():
    """Captions are padded to the whole context, as the model was trained."""
    path = folder("siglip")
    tokenizer = Tokenizer.from_file(str(KINDS / "t5.json"))
    tokenizer.save(str(path / "tokenizer.json"))
    model = fill(hf.SiglipModel(hf.SiglipConfig(
        text_config=dict(
            **SIZES, vocab_size=tokenizer.get_vocab_size(), max_position_embeddings=64, pad_token_id=1, eos_token_id=1,
            bos_token_id=2),
        vision_config=VISION)), 5)
    model.save_pretrained(path)
    values = pixels(path, picture(path))
    found = []
    with torch.no_grad():
        for caption in CAPTIONS:
            ids = tokenizer.encode(caption).ids
            ids += [1] * (64 - len(ids))
            found.append(float(model(input_ids=torch.tensor([ids]), pixel_values=values).logits_per_image))
    finish(path, dict(captions=CAPTIONS, logits=found))


def interleaved(matrix, heads):
    """The order of rows in which llama.cpp turns pairs that lie side by side."""
    rows, columns = matrix.shape
    return matrix.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def packed():
    """A Llama as one GGUF file: weights, vocabulary and chat template."""
    from sentencepiece import sentencepiece_model_pb2 as proto

    path = folder("chat-gguf")
    vocabulary = proto.ModelProto()
    vocabulary.ParseFromString((KINDS / "bpe.model").read_bytes())
    config = hf.LlamaConfig(
        **SIZES, vocab_size=len(vocabulary.pieces), num_key_value_heads=1, max_position_embeddings=128)
    model = fill(hf.LlamaForCausalLM(config), 6)
    template = "{{ bos_token }}{% for m in messages %}[INST] {{ m['content'] }} [/INST]{% endfor %}"
    writer = gguf.GGUFWriter(path / "model.gguf", "llama")
    writer.add_context_length(128)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(10000.0)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([piece.piece for piece in vocabulary.pieces])
    writer.add_token_scores([piece.score for piece in vocabulary.pieces])
    writer.add_token_types([piece.type for piece in vocabulary.pieces])
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template(template)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    for name, tensor in model.state_dict().items():
        if "q_proj" in name or "k_proj" in name:
            tensor = interleaved(tensor, config.num_attention_heads if "q_proj" in name else 1)
        writer.add_tensor(names.get_name(name, try_suffixes=(".weight",)), tensor.numpy().copy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    text = "The quick brown fox"
    tokenizer = Tokenizer.from_file(str(KINDS / "spm-llama.json"))
    ids = tokenizer.encode(f"<s>[INST] {text} [/INST]", add_special_tokens=False).ids
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0, -1]
    finish(path, dict(text=text, ids=ids, top=best(logits)))


if __name__ == "__main__":
    hf.utils.logging.set_verbosity_error()
    hf.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    for make in (secure_roberta, bert, llava, clip, siglip, packed):
        make()
