"""The VAE: video to standardised latents, and latents to frames as they come."""

from collections.abc import Iterator

import torch
from diffusers import AutoencoderKLWan
from torch import Tensor


class LatentSpace:
    """Encodes and decodes with a Wan VAE; latents are standardised per channel with the statistics of its config."""

    def __init__(self, vae: AutoencoderKLWan) -> None:
        self.vae = vae
        shape = (1, vae.config.z_dim, 1, 1, 1)
        self._mean = torch.tensor(vae.config.latents_mean).view(shape).to(vae.device, vae.dtype)
        self._reciprocal = 1.0 / torch.tensor(vae.config.latents_std).view(shape).to(vae.device, vae.dtype)

    def encode(self, pixels: Tensor) -> Tensor:
        """(1, 3, 4T - 3, H, W) in [-1, 1] to (1, 16, T, H / 8, W / 8): the mode of the posterior."""
        encoded = self.vae.encode(pixels.to(self.vae.device, self.vae.dtype)).latent_dist.mode()
        return (encoded - self._mean) * self._reciprocal

    def decode(self, latents: Tensor) -> Iterator[Tensor]:
        """(1, 16, T, H / 8, W / 8) to (1, 3, n, H, W) in [-1, 1], latent frame by latent frame: n is 1, then 4.

        The decoder is causal, with a cache of its own features from frame to frame: the frames are those of a decoding
        of the whole, without ever holding it. That cache is this iterator's own, so the VAE may be used in between.
        """
        vae = self.vae
        latents = latents.to(vae.device, vae.dtype) / self._reciprocal + self._mean
        hidden = vae.post_quant_conv(latents)
        features: list[Tensor | str | None] = [None] * vae._cached_conv_counts["decoder"]
        for number in range(hidden.shape[2]):
            one = hidden[:, :, number : number + 1]
            decoded = vae.decoder(one, feat_cache=features, feat_idx=[0], first_chunk=number == 0)
            yield decoded.clamp(-1.0, 1.0)
