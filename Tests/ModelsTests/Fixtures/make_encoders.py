#!/usr/bin/env python3
"""Writes tiny random checkpoints of everything that is not decoder-only text, and what Hugging Face's
eager attention computes on them.

Run from the repository root, with torch, transformers, safetensors:

    python Tests/ModelsTests/Fixtures/make_encoders.py [NAME...]

Each folder holds the checkpoint and expected.safetensors: the inputs (ids, types, pixels, features,
decoder_ids) and, in float32, attention [layer, head, query, key] (encoder-decoders: encoder, decoder and cross),
logits, and hidden_states where the model gives them.
"""

import argparse
import pathlib
import shutil

import torch
import transformers as hf
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).resolve().parent / "encoders"
VOCABULARY = 64
SIZES = dict(
    vocab_size=VOCABULARY, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
    intermediate_size=48, max_position_embeddings=40)
VISION = dict(
    hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
    image_size=12, patch_size=4, num_channels=3)
LABELS = dict(num_labels=5)


def ids(count, seed=5, low=4, high=VOCABULARY):
    return torch.randint(low, high, (1, count), generator=torch.Generator().manual_seed(seed))


def text(count=11):
    return dict(input_ids=ids(count))


def pair(count=11):
    types = torch.tensor([[0] * 6 + [1] * (count - 6)])
    return dict(input_ids=ids(count), token_type_ids=types)


def image(height=12, width=12, channels=3):
    generator = torch.Generator().manual_seed(9)
    return dict(pixel_values=torch.randn(1, channels, height, width, generator=generator))


def seq2seq(count=9, decoder=6):
    return dict(input_ids=ids(count), decoder_input_ids=ids(decoder, seed=6))


RECIPES = {
    "bert": (hf.BertForMaskedLM, hf.BertConfig(**SIZES, type_vocab_size=2, layer_norm_eps=1e-3), pair),
    "bert-plain": (hf.BertModel, hf.BertConfig(**SIZES, hidden_act="gelu_new"), text),
    "bert-classifier": (
        hf.BertForSequenceClassification, hf.BertConfig(**SIZES, **LABELS), pair),
    "roberta": (
        hf.RobertaForMaskedLM,
        hf.RobertaConfig(**SIZES, type_vocab_size=1, pad_token_id=1, layer_norm_eps=1e-5), text),
    "xlm-roberta": (
        hf.XLMRobertaForMaskedLM,
        hf.XLMRobertaConfig(**SIZES, type_vocab_size=1, pad_token_id=1), text),
    "roberta-classifier": (
        hf.RobertaForSequenceClassification, hf.RobertaConfig(**SIZES, **LABELS, pad_token_id=1), text),
    "distilbert": (
        hf.DistilBertForMaskedLM,
        hf.DistilBertConfig(
            vocab_size=VOCABULARY, dim=32, n_layers=2, n_heads=4, hidden_dim=48,
            max_position_embeddings=40), text),
    "distilbert-classifier": (
        hf.DistilBertForSequenceClassification,
        hf.DistilBertConfig(
            vocab_size=VOCABULARY, dim=32, n_layers=2, n_heads=4, hidden_dim=48,
            max_position_embeddings=40, **LABELS), text),
    "electra": (
        hf.ElectraForMaskedLM, hf.ElectraConfig(**SIZES, embedding_size=20), pair),
    "albert": (
        hf.AlbertForMaskedLM, hf.AlbertConfig(**SIZES, embedding_size=20, num_hidden_groups=1), pair),
    "albert-groups": (
        hf.AlbertForMaskedLM,
        hf.AlbertConfig(**{**SIZES, "num_hidden_layers": 4}, embedding_size=20, num_hidden_groups=2,
                        inner_group_num=1), pair),
    "deberta-v2": (
        hf.DebertaV2ForMaskedLM,
        hf.DebertaV2Config(
            **SIZES, relative_attention=True, pos_att_type=["p2c", "c2p"], position_buckets=6,
            max_relative_positions=-1, norm_rel_ebd="layer_norm", share_att_key=True,
            position_biased_input=False, type_vocab_size=0, legacy=True), text),
    "deberta-v2-plain": (
        hf.DebertaV2ForMaskedLM,
        hf.DebertaV2Config(
            **SIZES, relative_attention=True, pos_att_type=["c2p", "p2c"], position_buckets=-1,
            share_att_key=False, position_biased_input=True, type_vocab_size=0, legacy=True), text),
    "modernbert": (
        hf.ModernBertForMaskedLM,
        hf.ModernBertConfig(
            **{**SIZES, "num_hidden_layers": 4}, global_attn_every_n_layers=3, local_attention=6,
            pad_token_id=0, bos_token_id=1, eos_token_id=2, cls_token_id=1, sep_token_id=2), text),
    "vit": (
        hf.ViTForImageClassification, hf.ViTConfig(**VISION, **LABELS, layer_norm_eps=1e-6), image),
    "deit": (
        hf.DeiTForImageClassificationWithTeacher, hf.DeiTConfig(**VISION, **LABELS), image),
    "deit-plain": (hf.DeiTForImageClassification, hf.DeiTConfig(**VISION, **LABELS), image),
    "dinov2": (
        hf.Dinov2ForImageClassification, hf.Dinov2Config(
            hidden_size=32, num_hidden_layers=2, num_attention_heads=4, mlp_ratio=2, image_size=20,
            patch_size=4, **LABELS), lambda: image(12, 16)),
    "dinov2-swiglu": (
        hf.Dinov2Model, hf.Dinov2Config(
            hidden_size=32, num_hidden_layers=2, num_attention_heads=4, mlp_ratio=2, image_size=12,
            patch_size=4, use_swiglu_ffn=True), image),
    "dinov2-registers": (
        hf.Dinov2WithRegistersForImageClassification, hf.Dinov2WithRegistersConfig(
            hidden_size=32, num_hidden_layers=2, num_attention_heads=4, mlp_ratio=2, image_size=12,
            patch_size=4, num_register_tokens=3, **LABELS), image),
    "clip-vision": (hf.CLIPVisionModel, hf.CLIPVisionConfig(**VISION), image),
    "clip-text": (
        hf.CLIPTextModel, hf.CLIPTextConfig(
            **SIZES, eos_token_id=2, bos_token_id=1, pad_token_id=0), text),
    "clip": (hf.CLIPModel, hf.CLIPConfig(
        text_config=dict(**SIZES, eos_token_id=2, bos_token_id=1, pad_token_id=0),
        vision_config=VISION, projection_dim=16), lambda: text() | image()),
    "siglip": (hf.SiglipModel, hf.SiglipConfig(
        text_config=dict(**SIZES, pad_token_id=1), vision_config=VISION), lambda: text() | image()),
    "siglip-vision": (hf.SiglipVisionModel, hf.SiglipVisionConfig(**VISION), image),
    "t5": (hf.T5ForConditionalGeneration, hf.T5Config(
        vocab_size=VOCABULARY, d_model=32, d_kv=6, d_ff=48, num_layers=2, num_decoder_layers=3,
        num_heads=4, relative_attention_num_buckets=8, relative_attention_max_distance=10,
        decoder_start_token_id=0), seq2seq),
    "t5-gated": (hf.T5ForConditionalGeneration, hf.T5Config(
        vocab_size=VOCABULARY, d_model=32, d_kv=8, d_ff=48, num_layers=2, num_heads=4,
        feed_forward_proj="gated-gelu", tie_word_embeddings=False, decoder_start_token_id=0), seq2seq),
    "bart": (hf.BartForConditionalGeneration, hf.BartConfig(
        vocab_size=VOCABULARY, d_model=32, encoder_layers=2, decoder_layers=3,
        encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=48, decoder_ffn_dim=40,
        max_position_embeddings=40), seq2seq),
    "mbart": (hf.MBartForConditionalGeneration, hf.MBartConfig(
        vocab_size=VOCABULARY, d_model=32, encoder_layers=2, decoder_layers=2,
        encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=48, decoder_ffn_dim=40,
        max_position_embeddings=40, scale_embedding=True), seq2seq),
    "marian": (hf.MarianMTModel, hf.MarianConfig(
        vocab_size=VOCABULARY, d_model=32, encoder_layers=2, decoder_layers=2,
        encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=48, decoder_ffn_dim=40,
        max_position_embeddings=40, scale_embedding=True, activation_function="swish",
        pad_token_id=63, decoder_start_token_id=63, eos_token_id=0), seq2seq),
    "whisper": (hf.WhisperForConditionalGeneration, hf.WhisperConfig(
        vocab_size=VOCABULARY, num_mel_bins=8, d_model=32, encoder_layers=2, decoder_layers=2,
        encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=48, decoder_ffn_dim=40,
        max_source_positions=15, max_target_positions=20, pad_token_id=0, bos_token_id=1,
        eos_token_id=2, decoder_start_token_id=3, begin_suppress_tokens=None), lambda: dict(
            input_features=torch.randn(1, 8, 30, generator=torch.Generator().manual_seed(9)),
            decoder_input_ids=ids(6))),
    "llava": (hf.LlavaForConditionalGeneration, hf.LlavaConfig(
        vision_config=dict(**{**VISION, "num_hidden_layers": 3}, model_type="clip_vision_model"),
        text_config=dict(
            model_type="llama", **SIZES, num_key_value_heads=2, rms_norm_eps=1e-5,
            bos_token_id=1, eos_token_id=2, pad_token_id=0),
        image_token_index=60, projector_hidden_act="gelu", vision_feature_layer=-2,
        vision_feature_select_strategy="default"), lambda: dict(
            input_ids=torch.cat([ids(3, high=60), torch.full((1, 9), 60), ids(4, seed=7, high=60)], 1),
            **image())),
}


def fill(model, seed):
    """Random weights, large enough that heads are far from uniform and that errors show."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            noise = torch.randn(parameter.shape, generator=generator)
            lower = name.lower()
            if ("norm" in lower or "layrnorm" in lower or "ln_" in lower) and parameter.dim() == 1:
                parameter.copy_((1 if name.endswith("weight") else 0) + 0.25 * noise)
            elif name.endswith("Attention.q.weight"):
                # T5 does not scale scores: larger ones leave heads with one key each.
                parameter.copy_(0.08 * noise)
            elif "lambda" in lower:
                parameter.copy_(0.7 + 0.2 * noise)
            elif "embed" in lower or "shared" in lower or "relative_attention_bias" in lower:
                parameter.copy_(0.6 * noise)
            else:
                parameter.copy_(0.25 * noise)
            if lower.endswith("logit_scale"):
                parameter.fill_(1.5)


def stack(maps):
    return torch.stack(list(maps))[:, 0]


@torch.no_grad()
def run(folder, kind, inputs):
    model = kind.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    output = model(**inputs, output_attentions=True, output_hidden_states=True)
    found = {}
    if hasattr(output, "text_model_output") and output.text_model_output is not None:
        # Both towers run; each keeps its own maps.
        found["text.attention"] = stack(output.text_model_output.attentions)
        found["vision.attention"] = stack(output.vision_model_output.attentions)
        found["text.embedding"] = output.text_embeds[0]
        found["vision.embedding"] = output.image_embeds[0]
        found["logits"] = output.logits_per_image[0]
        return found
    if hasattr(output, "cross_attentions") and output.cross_attentions:
        found["encoder"] = stack(output.encoder_attentions)
        found["decoder"] = stack(output.decoder_attentions)
        found["cross"] = stack(output.cross_attentions)
    else:
        found["attention"] = stack(output.attentions)
    if getattr(output, "logits", None) is not None:
        found["logits"] = output.logits[0]
    elif getattr(output, "last_hidden_state", None) is not None:
        found["last"] = output.last_hidden_state[0]
    return found


def make(name, seed):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    kind, config, inputs = RECIPES[name]
    model = kind(config).eval()
    fill(model, seed)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    inputs = inputs()
    found = run(folder, kind, inputs)
    for key, tensor in inputs.items():
        found[key] = tensor[0]
    save_file({k: v.contiguous() for k, v in found.items()}, folder / "expected.safetensors")
    for path in folder.iterdir():
        path.chmod(0o644)
    print(name, {k: tuple(v.shape) for k, v in found.items()})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    names = parser.parse_args().names or list(RECIPES)
    hf.utils.logging.disable_progress_bar()
    hf.utils.logging.set_verbosity_error()
    torch.set_num_threads(1)
    for seed, name in enumerate(RECIPES):
        if name in names:
            make(name, seed)


if __name__ == "__main__":
    main()
