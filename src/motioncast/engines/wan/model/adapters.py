"""LoRA adapters (Hu et al., 2021): step distillation for `turbo`, relighting for `replace`.

They are added to the weights before those are quantised or moved, and cost nothing afterwards.
"""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import model_info, snapshot_download
from safetensors.torch import load_file
from torch import Tensor

from motioncast.engines.wan.model.convert import our_layer
from motioncast.engines.wan.model.transformer import AnimateTransformer
from motioncast.errors import InputError

_PREFIXES = ("transformer.", "diffusion_model.", "base_model.model.")
#: Ends of keys: what diffusers and PEFT write, what public files of the original tree have, and plain differences.
_ENDS = {
    "lora_A.weight": "down",
    "lora_down.weight": "down",
    "lora_B.weight": "up",
    "lora_up.weight": "up",
    "lora_B.bias": "bias",
    "diff_b": "bias",
    "diff": "weight",
    "alpha": "alpha",
}


def merge_adapter(transformer: AnimateTransformer, source: str) -> None:
    """Add the LoRA of `source` to the weights of `transformer`: W + alpha / rank * up @ down; no alpha means the rank.

    `source` is a file, a folder that holds one, a hub id, or a file in a hub's repository (owner/name/file). Layers go
    by the names of diffusers or of the original tree. Raises `InputError` when it cannot be read or does not fit: every
    key must belong to a layer of the transformer, and the sizes must agree.
    """
    changes, strangers = _sorted(_stored(source))
    parameters = dict(transformer.named_parameters())
    strangers += [key for layer, change in changes.items() for key in _unfit(layer, change, parameters)]
    if strangers or not changes:
        found = ", ".join(sorted(strangers)[:3]) or "no keys at all"
        raise InputError(f"The LoRA {source} does not fit Wan-Animate: it has {found}. Give one made for this model.")
    for layer, change in changes.items():
        for leaf, delta in _deltas(change).items():
            _add(parameters[f"{layer}.{leaf}"], delta)


def _sorted(state: Mapping[str, Tensor]) -> tuple[dict[str, dict[str, Tensor]], list[str]]:
    """(tensors by layer in our names and part, keys that are no part of a LoRA)."""
    changes: dict[str, dict[str, Tensor]] = defaultdict(dict)
    strangers = []
    for key, tensor in state.items():
        name = key.replace(".default.", ".")  # PEFT's name of an unnamed adapter
        for prefix in _PREFIXES:
            name = name.removeprefix(prefix)
        end = next((end for end in _ENDS if name.endswith(f".{end}")), None)
        if end is None:
            strangers.append(key)
        else:
            layer = name.removesuffix(f".{end}")
            changes[our_layer(layer) or layer][_ENDS[end]] = tensor
    return changes, strangers


def _unfit(layer: str, change: Mapping[str, Tensor], parameters: Mapping[str, Tensor]) -> list[str]:
    """What of a layer's change has no place of its size in the network."""
    pair = {"down", "up"} & change.keys()
    if len(pair) == 1 or (not pair and "alpha" in change):
        return [f"half a pair for {layer}"]
    if pair and len(change["down"]) != change["up"].shape[1]:
        return [f"two ranks for {layer}"]
    unfit = []
    for leaf, delta in _deltas({part: tensor.to("meta") for part, tensor in change.items()}).items():
        parameter = parameters.get(f"{layer}.{leaf}")
        if parameter is None or parameter.numel() != delta.numel():
            unfit.append(f"{layer}.{leaf} of {delta.numel()} numbers")
    return unfit


def _deltas(change: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What is added to a layer's weight and bias, in float32."""
    deltas = {leaf: change[leaf].float() for leaf in ("weight", "bias") if leaf in change}
    if "down" in change:
        down, up = change["down"].float().flatten(1), change["up"].float().flatten(1)
        scale = change["alpha"].float() / len(down) if "alpha" in change else 1.0
        deltas["weight"] = deltas.get("weight", 0) + scale * (up @ down)
    return deltas


@torch.no_grad()
def _add(parameter: Tensor, delta: Tensor) -> None:
    parameter.copy_(parameter.float() + delta.to(parameter.device).view_as(parameter))


def _stored(source: str) -> Mapping[str, Tensor]:
    try:
        path = _found(source)
        if path.suffix == ".safetensors":
            return load_file(path)
        stored: Any = torch.load(path, map_location="cpu", weights_only=True)  # the published relighting LoRA is one
        return {key: tensor for key, tensor in stored.get("state_dict", stored).items() if torch.is_tensor(tensor)}
    except InputError:
        raise
    except Exception as error:  # a missing file, a hub that does not answer, anything that pickle says of damage
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(f"The LoRA {source} cannot be read: {reason}") from error


def _found(source: str) -> Path:
    """The file that `source` names."""
    path = Path(source).expanduser()
    if path.is_file():
        return path
    repository, file = "/".join(source.split("/")[:2]), "/".join(source.split("/")[2:])
    if path.is_dir():
        files = [str(found) for found in sorted(path.glob("*.safetensors"))]
    elif source.count("/") < 1 or source.startswith((".", "/", "~")):
        raise InputError(f"There is no LoRA {source}: give a file, a folder or a hub id.")
    else:
        files = [file] if file else _listed(repository)
    if len(files) != 1:
        raise InputError(f"{source} holds {len(files)} .safetensors files: name the one that is meant.")
    return Path(files[0]) if path.is_dir() else Path(snapshot_download(repository, allow_patterns=files), files[0])


def _listed(repository: str) -> list[str]:
    files = [file.rfilename for file in model_info(repository).siblings or []]
    return [name for name in files if name.endswith(".safetensors")]
