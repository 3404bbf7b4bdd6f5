"""LoRA adapters: step distillation for `turbo`, relighting for `replace`."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from diffusers.loaders import WanLoraLoaderMixin
from torch import Tensor

from motioncast.engines.wan.model.convert import our_layer
from motioncast.engines.wan.model.transformer import AnimateTransformer
from motioncast.errors import InputError


def load_adapter(transformer: AnimateTransformer, source: str, name: str) -> None:
    """Put the LoRA of `source` (file, folder or hub id; names of diffusers, PEFT or the original code) in place.

    Raises `InputError` when it cannot be read or does not fit: every key must belong to a layer of the transformer.
    """
    state = _stored(source)
    layers = {path for path, _ in transformer.named_modules()}
    strangers = sorted(key for key in state if _layer(key) not in layers)
    if strangers or not state:
        found = ", ".join(strangers[:3]) or "no keys at all"
        raise InputError(f"The LoRA {source} does not fit Wan-Animate: it has {found}. Give one made for this model.")
    prefixed = {f"transformer.{key}": tensor for key, tensor in state.items()}
    try:
        transformer.load_lora_adapter(prefixed, prefix="transformer", adapter_name=name)
    except (ValueError, RuntimeError) as error:
        raise InputError(f"The LoRA {source} does not fit Wan-Animate: {str(error).splitlines()[0]}") from error


def merge_adapters(transformer: AnimateTransformer, names: Sequence[str]) -> None:
    """Add the adapters to the weights, before those are quantised or moved: afterwards they cost nothing."""
    if not names:
        return
    transformer.set_adapters(list(names))
    transformer.fuse_lora(adapter_names=list(names))
    transformer.unload_lora()


def _stored(source: str) -> dict[str, Tensor]:
    """The LoRA's tensors by diffusers' names, without a prefix."""
    path = Path(source).expanduser()
    try:
        if path.suffix == ".ckpt":  # the relighting LoRA, as PEFT saved it in the original code
            return _renamed(torch.load(path, map_location="cpu", weights_only=True)["state_dict"])
        state: Mapping[str, Tensor] = WanLoraLoaderMixin.lora_state_dict(str(path) if path.exists() else source)
    except Exception as error:  # a missing file, a hub that does not answer, damaged data
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"The LoRA {source} cannot be read: {reason}") from error
    return {key.removeprefix("transformer."): tensor for key, tensor in state.items()}


def _renamed(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """An adapter of the official tree under our names; what has none keeps its own, for the check to find."""
    renamed = {}
    for key, tensor in state.items():
        layer, _, rest = key.removeprefix("base_model.model.").partition(".lora_")
        leaf = "lora_" + rest.replace(".default", "")
        renamed[f"{our_layer(layer) or layer}.{leaf}"] = tensor
    return renamed


def _layer(key: str) -> str:
    """The layer that a key such as `blocks.0.attn1.to_q.lora_A.weight` belongs to."""
    return key.split(".lora")[0].removesuffix(".alpha")
