"""Prompt and reference image embedded for a job; what an earlier job has computed is taken from the cache."""

from pathlib import Path

import torch
from torch import Tensor
from transformers import AutoTokenizer, CLIPImageProcessorPil, CLIPVisionModel, UMT5EncoderModel

from motioncast.arrays import Image
from motioncast.engines.wan import prompts
from motioncast.engines.wan.checkpoint import Checkpoint
from motioncast.engines.wan.model.cache import MemoryCache, TensorCache
from motioncast.engines.wan.model.encoders import ClipFit, encode_picture, encode_prompt
from motioncast.engines.wan.model.pixels import to_pixels
from motioncast.engines.wan.model.sampler import Embeddings, Networks
from motioncast.engines.wan.model.weights import load_whole, reading
from motioncast.engines.wan.segments import Segment

#: What is made of somebody's picture never goes to disk, where it would outlive their job.
_pictures = MemoryCache()


class Embedder:
    """Embeds for one checkpoint. The encoders (12 GB) are loaded only when the cache does not know the answer."""

    def __init__(self, checkpoint: Checkpoint, networks: Networks, home: Path) -> None:
        self._checkpoint, self._networks = checkpoint, networks
        self._cache = TensorCache(home / "wan")
        self._vae = checkpoint.fingerprint("vae")

    def embed(self, prompt: str, guided: bool, reference: Image, fit: ClipFit) -> Embeddings:
        """`reference` is the (H, W, 3) image on the output canvas; an empty `prompt` is the model's own default."""
        return Embeddings(
            text=self._text(prompt.strip() or prompts.DEFAULT),
            negative=self._text(prompts.NEGATIVE) if guided else None,
            image=self._picture(reference, fit),
            reference=self._latents(reference),
        )

    def empty_clip(self, size: tuple[int, int], segment: Segment) -> Tensor:
        """Latents of the black clip of `size` (W, H) that a first segment of `animate` is conditioned on."""
        shape = (1, 3, segment.length, size[1], size[0])
        key = (self._vae, str(self._networks.device.type), str(shape))
        return self._cache.get("empty", key, lambda: self._encode(torch.zeros(shape)))

    def _text(self, prompt: str) -> Tensor:
        made_of = self._checkpoint.fingerprint("text_encoder", "tokenizer")

        def compute() -> Tensor:
            folder = self._checkpoint.folder
            with reading("tokenizer of the wan model"):
                tokenizer = AutoTokenizer.from_pretrained(folder / "tokenizer")
            what = "text encoder of the wan model"
            encoder = load_whole(UMT5EncoderModel, folder / "text_encoder", what, dtype=self._networks.dtype)
            return encode_prompt(prompt, tokenizer, encoder)

        return self._cache.get("text", (made_of, str(self._networks.dtype), prompt), compute)

    def _picture(self, reference: Image, fit: ClipFit) -> Tensor:
        made_of = self._checkpoint.fingerprint("image_encoder", "image_processor")

        def compute() -> Tensor:
            folder = self._checkpoint.folder
            with reading("image processor of the wan model"):
                processor = CLIPImageProcessorPil.from_pretrained(folder / "image_processor")
            what = "image encoder of the wan model"
            encoder = load_whole(CLIPVisionModel, folder / "image_encoder", what, dtype=torch.float32)
            return encode_picture(reference, encoder, processor, fit)

        return _pictures.get("image", (made_of, fit, str(reference.shape), reference.tobytes()), compute)

    def _latents(self, reference: Image) -> Tensor:
        key = (self._vae, str(self._networks.device.type), str(reference.shape), reference.tobytes())
        return _pictures.get("reference", key, lambda: self._encode(to_pixels([reference])))

    @torch.inference_mode()
    def _encode(self, pixels: Tensor) -> Tensor:
        return self._networks.space.encode(pixels)
