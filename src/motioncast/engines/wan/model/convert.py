"""Checkpoints in the official format (Wan-AI/Wan2.2-Animate-14B) under the names of diffusers' module tree.

Names of the official tree: wan/modules/animate/{model_animate,motion_encoder,face_blocks}.py of Wan-Video/Wan2.2.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import torch
from diffusers import WanAnimateTransformer3DModel
from safetensors import SafetensorError, safe_open
from torch import Tensor

from motioncast.engines.wan.model.architecture import WAN_ANIMATE_14B, meta_transformer
from motioncast.errors import InputError

#: Official config.json -> diffusers' names; the rest of the official network is fixed.
_SETTINGS: Final[Mapping[str, str]] = {
    "patch_size": "patch_size",
    "in_dim": "in_channels",
    "out_dim": "out_channels",
    "num_heads": "num_attention_heads",
    "num_layers": "num_layers",
    "ffn_dim": "ffn_dim",
    "freq_dim": "freq_dim",
    "text_dim": "text_dim",
    "eps": "eps",
    "motion_encoder_dim": "motion_encoder_dim",
}
_LEAF = r"\.(weight|bias)"

#: Module or parameter in the official tree -> in diffusers'. `{n}` is a number that stays.
_MODULES: Final[Mapping[str, str]] = {
    "patch_embedding": "patch_embedding",
    "pose_patch_embedding": "pose_patch_embedding",
    "time_embedding.0": "condition_embedder.time_embedder.linear_1",
    "time_embedding.2": "condition_embedder.time_embedder.linear_2",
    "time_projection.1": "condition_embedder.time_proj",
    "text_embedding.0": "condition_embedder.text_embedder.linear_1",
    "text_embedding.2": "condition_embedder.text_embedder.linear_2",
    "img_emb.proj.0": "condition_embedder.image_embedder.norm1",
    "img_emb.proj.1": "condition_embedder.image_embedder.ff.net.0.proj",
    "img_emb.proj.3": "condition_embedder.image_embedder.ff.net.2",
    "img_emb.proj.4": "condition_embedder.image_embedder.norm2",
    "head.head": "proj_out",
    "blocks.{n}.self_attn.q": "blocks.{n}.attn1.to_q",
    "blocks.{n}.self_attn.k": "blocks.{n}.attn1.to_k",
    "blocks.{n}.self_attn.v": "blocks.{n}.attn1.to_v",
    "blocks.{n}.self_attn.o": "blocks.{n}.attn1.to_out.0",
    "blocks.{n}.self_attn.norm_q": "blocks.{n}.attn1.norm_q",
    "blocks.{n}.self_attn.norm_k": "blocks.{n}.attn1.norm_k",
    "blocks.{n}.cross_attn.q": "blocks.{n}.attn2.to_q",
    "blocks.{n}.cross_attn.k": "blocks.{n}.attn2.to_k",
    "blocks.{n}.cross_attn.v": "blocks.{n}.attn2.to_v",
    "blocks.{n}.cross_attn.o": "blocks.{n}.attn2.to_out.0",
    "blocks.{n}.cross_attn.norm_q": "blocks.{n}.attn2.norm_q",
    "blocks.{n}.cross_attn.norm_k": "blocks.{n}.attn2.norm_k",
    "blocks.{n}.cross_attn.k_img": "blocks.{n}.attn2.add_k_proj",
    "blocks.{n}.cross_attn.v_img": "blocks.{n}.attn2.add_v_proj",
    "blocks.{n}.cross_attn.norm_k_img": "blocks.{n}.attn2.norm_added_k",
    "blocks.{n}.norm3": "blocks.{n}.norm2",  # the official third norm stands second in the forward pass
    "blocks.{n}.ffn.0": "blocks.{n}.ffn.net.0.proj",
    "blocks.{n}.ffn.2": "blocks.{n}.ffn.net.2",
    "motion_encoder.enc.fc.{n}": "motion_encoder.motion_network.{n}",
    "face_encoder.conv1_local.conv": "face_encoder.conv1_local",
    "face_encoder.conv2.conv": "face_encoder.conv2",
    "face_encoder.conv3.conv": "face_encoder.conv3",
    "face_encoder.out_proj": "face_encoder.out_proj",
    "face_adapter.fuser_blocks.{n}.linear1_q": "face_adapter.{n}.to_q",
    "face_adapter.fuser_blocks.{n}.linear2": "face_adapter.{n}.to_out",
    "face_adapter.fuser_blocks.{n}.q_norm": "face_adapter.{n}.norm_q",
    "face_adapter.fuser_blocks.{n}.k_norm": "face_adapter.{n}.norm_k",
}
#: Parameters that are no module's weight or bias.
_PARAMETERS: Final[Mapping[str, str]] = {
    "head.modulation": "scale_shift_table",
    "blocks.{n}.modulation": "blocks.{n}.scale_shift_table",
    "motion_encoder.dec.direction.weight": "motion_encoder.motion_synthesis_weight",
    "motion_encoder.enc.net_app.convs.0.0.weight": "motion_encoder.conv_in.weight",
    "face_encoder.padding_tokens": "face_encoder.padding_tokens",
}


def _rule(official: str, ours: str, tail: str = "") -> tuple[re.Pattern[str], str]:
    pattern = re.escape(official).replace(re.escape("{n}"), r"(?P<n>\d+)")
    return re.compile(pattern + (f"(?P<leaf>{tail})" if tail else "")), ours


_RULES: Final = (
    *(_rule(official, ours + "{leaf}", _LEAF) for official, ours in _MODULES.items()),
    *(_rule(official, ours) for official, ours in _PARAMETERS.items()),
)
#: The convolutions of the motion encoder are unnamed sequences of [blur,] convolution[, bias and leaky ReLU].
_CONVS = r"motion_encoder\.enc\.net_app\.convs\.(\d+)"
_BLUR: Final = re.compile(_CONVS + r"\.(conv1|conv2|skip)\.\d+\.kernel")
_RESIDUAL: Final = re.compile(_CONVS + r"\.(conv1|conv2|skip)\.\d+\.(weight|bias)")
_FIRST_BIAS: Final = "motion_encoder.enc.net_app.convs.0.1.bias"
_LAST_CONV: Final = re.compile(_CONVS + r"\.weight")
_FUSED_KV: Final = re.compile(r"face_adapter\.fuser_blocks\.(\d+)\.linear1_kv" + _LEAF)


def load_original_checkpoint(
    folder: Path, dtype: torch.dtype, kind: type[WanAnimateTransformer3DModel] = WanAnimateTransformer3DModel
) -> WanAnimateTransformer3DModel:
    """The transformer of an official checkpoint: config.json and diffusion_pytorch_model*.safetensors in `folder`.

    Tensors stay mapped from disk unless `dtype` differs from the file's, and are never held twice. The modules that
    diffusers keeps in float32 are kept so here, as `from_pretrained(torch_dtype=dtype)` does.
    Raises `InputError` when a file is missing or broken, or when names or shapes are not the network's.
    """
    model = meta_transformer(transformer_config(folder), kind)
    exact = set(model._keep_in_fp32_modules or ())
    state = {
        name: tensor.to(torch.float32 if exact & set(name.split(".")) else dtype)
        for name, tensor in converted(_stored(folder)).items()
    }
    _check_complete(state, model.state_dict())
    model.load_state_dict(state, strict=True, assign=True)
    return model.requires_grad_(False)


def transformer_config(folder: Path) -> dict[str, Any]:
    """Arguments of the module tree from `folder`/config.json, in the official or in diffusers' names."""
    try:
        stored = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{folder / 'config.json'} cannot be read ({error}): give the folder of the model.") from None
    if "num_attention_heads" in stored:
        return {name: value for name, value in stored.items() if name in WAN_ANIMATE_14B}
    config = dict(WAN_ANIMATE_14B)
    config.update({ours: stored[name] for name, ours in _SETTINGS.items() if name in stored})
    if "dim" in stored:
        config["added_kv_proj_dim"] = stored["dim"]
        config["attention_head_dim"] = stored["dim"] // config["num_attention_heads"]
    return config


def converted(tensors: Iterable[tuple[str, Tensor]]) -> dict[str, Tensor]:
    """(official name, tensor) under diffusers' names, each looked at once. Tensors are shared or views, never copies.

    Raises `InputError` when a name belongs to no part of the network.
    """
    state: dict[str, Tensor] = {}
    unknown: list[str] = []
    for name, tensor in tensors:
        found = dict(_convert(name, tensor))
        if not found and not _BLUR.fullmatch(name):  # blur kernels are constants of the tree
            unknown.append(name)
        state.update(found)
    if unknown:
        raise InputError(
            f"The checkpoint holds {len(unknown)} tensors that Wan2.2-Animate does not have ({_first_three(unknown)}): "
            "give the folder of Wan-AI/Wan2.2-Animate-14B."
        )
    return state


def our_layer(official: str) -> str | None:
    """The name of a layer of the official tree in ours, such as `blocks.0.attn1.to_q`; None where there is none."""
    found = next(_convert(f"{official}.weight", torch.empty(0)), None)
    return None if found is None else found[0].removesuffix(".weight")


def _stored(folder: Path) -> Iterator[tuple[str, Tensor]]:
    """(name, tensor) of every shard in `folder`, opened one after another."""
    shards = sorted(folder.glob("diffusion_pytorch_model*.safetensors"))
    if not shards:
        raise InputError(f"{folder} holds no diffusion_pytorch_model*.safetensors: give the folder of the model.")
    for shard in shards:
        try:
            with safe_open(shard, framework="pt") as file:
                for name in file.keys():  # noqa: SIM118  # the handle is no mapping
                    yield name, file.get_tensor(name)
        except SafetensorError as error:
            raise InputError(f"{shard} is damaged or incomplete ({error}): fetch it again.") from None


def _check_complete(state: Mapping[str, Tensor], tree: Mapping[str, Tensor]) -> None:
    missing = tree.keys() - state.keys()
    if missing:
        raise InputError(
            f"The checkpoint lacks {len(missing)} tensors ({_first_three(missing)}): fetch all of its shards."
        )
    wrong = [name for name, tensor in state.items() if name not in tree or tree[name].shape != tensor.shape]
    if wrong:
        raise InputError(
            f"The checkpoint does not fit its config.json: {len(wrong)} tensors have no place of their size in the "
            f"network ({_first_three(wrong)})."
        )


def _first_three(names: Iterable[str]) -> str:
    ordered = sorted(names)
    return ", ".join(ordered[:3]) + (", …" if len(ordered) > 3 else "")


def _convert(name: str, tensor: Tensor) -> Iterator[tuple[str, Tensor]]:
    """(diffusers name, tensor) of one official tensor: two for a fused projection, none for an unknown name."""
    if fused := _FUSED_KV.fullmatch(name):
        key, value = torch.chunk(tensor, 2, dim=0)  # "(K H D)" with K = 2: all keys, then all values
        yield f"face_adapter.{fused[1]}.to_k.{fused[2]}", key
        yield f"face_adapter.{fused[1]}.to_v.{fused[2]}", value
    elif residual := _RESIDUAL.fullmatch(name):
        place, conv, leaf = residual.groups()
        owner = f"motion_encoder.res_blocks.{int(place) - 1}.{'conv_skip' if conv == 'skip' else conv}"
        yield (f"{owner}.weight", tensor) if leaf == "weight" else (f"{owner}.act_fn.bias", tensor.flatten())
    elif name == _FIRST_BIAS:
        yield "motion_encoder.conv_in.act_fn.bias", tensor.flatten()  # (1, C, 1, 1) in the official tree
    elif _LAST_CONV.fullmatch(name):
        yield "motion_encoder.conv_out.weight", tensor
    else:
        for pattern, ours in _RULES:
            if match := pattern.fullmatch(name):
                yield ours.format(**match.groupdict()), tensor
                return
