#!/usr/bin/env python3
"""Writes the pictures, the sound and what Hugging Face's processors make of them.

Run from the repository root, with torch, transformers, pillow, numpy and safetensors:

    python Tests/MediaTests/Fixtures/make_fixtures.py
"""

import json
import pathlib
import wave

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from transformers import (
    CLIPImageProcessorPil,
    DeiTImageProcessorPil,
    SiglipImageProcessorPil,
    ViTImageProcessorPil,
    WhisperFeatureExtractor,
)

HERE = pathlib.Path(__file__).resolve().parent
WIDTH, HEIGHT = 37, 23


def picture(channels):
    """Smooth areas, an edge and noise, so that every filter's shape shows."""
    rng = np.random.default_rng(channels)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    layers = [127 + 100 * np.sin(x / (3 + c)) * np.cos(y / (4 + c)) for c in range(channels)]
    pixels = np.stack(layers, -1) + rng.normal(0, 12, (HEIGHT, WIDTH, channels))
    pixels[:, 20:] = 255 - pixels[:, 20:]
    return np.clip(pixels, 0, 255).astype(np.uint8)


def pictures():
    color = Image.fromarray(picture(3), "RGB")
    color.save(HERE / "color.png")
    color.save(HERE / "color.ppm")
    color.save(HERE / "color.jpg", quality=90)
    Image.fromarray(picture(4), "RGBA").save(HERE / "alpha.png")
    color.quantize(16).save(HERE / "palette.png")
    grey = Image.fromarray(picture(1)[..., 0], "L")
    grey.save(HERE / "grey.png")
    grey.save(HERE / "grey.jpg", quality=90)
    grey.save(HERE / "grey.pgm")
    grey.point(lambda v: 255 * (v > 128)).convert("1").save(HERE / "bits.png")
    color.save(HERE / "color.gif")
    color.save(HERE / "color.bmp")


PROCESSORS = {
    "vit": ViTImageProcessorPil(size={"height": 16, "width": 12}),
    "vit-larger": ViTImageProcessorPil(size={"height": 40, "width": 48}, resample=3),
    "deit": DeiTImageProcessorPil(size={"height": 20, "width": 20}, crop_size={"height": 16, "width": 14}),
    "clip": CLIPImageProcessorPil(size={"shortest_edge": 13}, crop_size={"height": 12, "width": 12}),
    "clip-padded": CLIPImageProcessorPil(size={"shortest_edge": 9}, crop_size={"height": 12, "width": 20}),
    "siglip": SiglipImageProcessorPil(size={"height": 16, "width": 16}),
    "lanczos": ViTImageProcessorPil(size={"height": 11, "width": 15}, resample=1, do_normalize=False),
    "box": ViTImageProcessorPil(size={"height": 11, "width": 15}, resample=4),
    "nearest": ViTImageProcessorPil(size={"height": 11, "width": 15}, resample=0),
    "hamming": ViTImageProcessorPil(size={"height": 11, "width": 15}, resample=5),
}


def main():
    pictures()
    expected = {}
    for name, processor in PROCESSORS.items():
        config = json.loads(processor.to_json_string())
        config["image_processor_type"] = type(processor).__name__.removesuffix("Pil")
        (HERE / f"{name}.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
        image = Image.open(HERE / "color.png").convert("RGB")
        expected[name] = processor(image, return_tensors="pt")["pixel_values"][0].float()
    for file in ["alpha.png", "palette.png", "grey.png", "bits.png", "color.jpg", "grey.jpg"]:
        expected[file] = torch.from_numpy(np.array(Image.open(HERE / file).convert("RGB")))
    expected["color.png.grey"] = torch.from_numpy(np.array(Image.open(HERE / "color.png").convert("L")))

    rate, seconds = 16000, 1
    time = np.arange(int(rate * 0.7)) / rate
    sound = 0.4 * np.sin(2 * np.pi * 440 * time * (1 + time)) + 0.05 * np.sin(2 * np.pi * 3000 * time)
    samples = np.round(sound * 32767).astype("<i2")
    with wave.open(str(HERE / "sweep.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    extractor = WhisperFeatureExtractor(feature_size=80, chunk_length=seconds)
    (HERE / "preprocessor_config.json").write_text(extractor.to_json_string())
    features = extractor(samples.astype(np.float32) / 32768, sampling_rate=rate, return_tensors="pt")
    expected["sweep"] = features["input_features"][0].float()
    save_file({k: v.contiguous() for k, v in expected.items()}, HERE / "expected.safetensors")


if __name__ == "__main__":
    main()
