"""LoRA adapters of every naming that is in use, merged into the weights."""

from pathlib import Path

import pytest

from motioncast.errors import InputError

pytest.importorskip("diffusers", reason="needs the wan extra: make install-wan")

import torch
from diffusers.loaders import WanLoraLoaderMixin
from safetensors.torch import load_file, save_file
from torch import Tensor

from motioncast.engines.wan.model.adapters import merge_adapter
from motioncast.engines.wan.model.transformer import AnimateTransformer
from tests.wan_fixtures import animate_transformer

RANK = 4
#: layer of the official tree -> ours
LAYERS = {
    "blocks.0.self_attn.q": "blocks.0.attn1.to_q",
    "blocks.1.self_attn.o": "blocks.1.attn1.to_out.0",
    "blocks.2.cross_attn.k": "blocks.2.attn2.to_k",
    "blocks.3.ffn.0": "blocks.3.ffn.net.0.proj",
    "blocks.4.ffn.2": "blocks.4.ffn.net.2",
}
IMAGE_LAYERS = {
    "blocks.0.cross_attn.k_img": "blocks.0.attn2.add_k_proj",
    "blocks.2.cross_attn.v_img": "blocks.2.attn2.add_v_proj",
}


def factors(transformer: AnimateTransformer, layer: str, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Random (A, B) for a layer; B @ A has the shape of its weight."""
    random = torch.Generator().manual_seed(len(layer) + seed)
    rows, columns = transformer.get_submodule(layer).weight.shape
    return torch.randn(RANK, columns, generator=random), torch.randn(rows, RANK, generator=random)


def write_ours(path: Path, transformer: AnimateTransformer, layers: dict[str, str], prefix: str) -> Path:
    """In diffusers' names."""
    state = {}
    for layer in layers.values():
        a, b = factors(transformer, layer)
        state |= {f"{prefix}{layer}.lora_A.weight": a, f"{prefix}{layer}.lora_B.weight": b}
    save_file(state, path)
    return path


def write_public(path: Path, transformer: AnimateTransformer, layers: dict[str, str], alpha: float) -> Path:
    """As public step-distillation files are: original names, down and up, an alpha for each layer."""
    state = {}
    for official, layer in layers.items():
        a, b = factors(transformer, layer)
        state |= {
            f"diffusion_model.{official}.lora_down.weight": a,
            f"diffusion_model.{official}.lora_up.weight": b,
            f"diffusion_model.{official}.alpha": torch.tensor(alpha),
        }
    save_file(state, path)
    return path


def write_relighting(path: Path, transformer: AnimateTransformer, layers: dict[str, str]) -> Path:
    """As `relighting_lora.ckpt` is: what PEFT saves of the original tree."""
    state = {}
    for official, layer in layers.items():
        a, b = factors(transformer, layer, seed=1)
        state |= {f"{official}.lora_A.weight": a, f"{official}.lora_B.weight": b}
    torch.save({"state_dict": state}, path)
    return path


def merged(*sources: Path) -> AnimateTransformer:
    transformer = animate_transformer()
    for source in sources:
        merge_adapter(transformer, str(source))
    return transformer


def check_merged(transformer: AnimateTransformer, deltas: dict[str, Tensor]) -> None:
    """Exactly the parameters of `deltas` differ from the plain network, by exactly that."""
    plain = animate_transformer()
    before, after = plain.state_dict(), transformer.state_dict()
    assert before.keys() == after.keys()
    for name, weight in before.items():
        delta = deltas.get(name)
        expected = weight if delta is None else weight + delta
        torch.testing.assert_close(after[name], expected, rtol=0, atol=0 if delta is None else 1e-5, msg=name)


def deltas(layers: dict[str, str], scale: float = 1.0, seed: int = 0) -> dict[str, Tensor]:
    plain = animate_transformer()
    pairs = {layer: factors(plain, layer, seed) for layer in layers.values()}
    return {f"{layer}.weight": scale * (b @ a) for layer, (a, b) in pairs.items()}


@pytest.mark.parametrize("prefix", ["transformer.", ""])
def test_a_lora_in_diffusers_names_is_added_to_the_weights(tmp_path, prefix):
    layers = LAYERS | IMAGE_LAYERS
    path = write_ours(tmp_path / "distill.safetensors", animate_transformer(), layers, prefix)
    check_merged(merged(path), deltas(layers))


@pytest.mark.parametrize("alpha", [1.0, 4.0, 8.0])
def test_a_public_step_distillation_file_is_added_with_its_alpha(tmp_path, alpha):
    layers = LAYERS | IMAGE_LAYERS
    path = write_public(tmp_path / "distill.safetensors", animate_transformer(), layers, alpha)
    check_merged(merged(path), deltas(layers, scale=alpha / RANK))


def test_a_text_to_video_lora_has_no_image_keys_and_leaves_those_layers_alone(tmp_path):
    path = write_public(tmp_path / "t2v.safetensors", animate_transformer(), LAYERS, 4.0)
    check_merged(merged(path), deltas(LAYERS))


def test_the_relighting_checkpoint_is_read_from_the_original_tree(tmp_path):
    layers = LAYERS | IMAGE_LAYERS
    path = write_relighting(tmp_path / "relighting_lora.ckpt", animate_transformer(), layers)
    check_merged(merged(path), deltas(layers, seed=1))


def test_both_at_once_add_up(tmp_path):
    transformer = animate_transformer()
    distill = write_public(tmp_path / "distill.safetensors", transformer, LAYERS, 2.0)
    relight = write_relighting(tmp_path / "relighting_lora.ckpt", transformer, LAYERS | IMAGE_LAYERS)
    expected = deltas(LAYERS | IMAGE_LAYERS, seed=1)
    for name, delta in deltas(LAYERS, scale=0.5).items():
        expected[name] = expected[name] + delta
    check_merged(merged(distill, relight), expected)


def test_plain_differences_are_added_as_they_are(tmp_path):
    plain, random = animate_transformer(), torch.Generator().manual_seed(5)
    bias = torch.randn(24, generator=random)
    norm = torch.randn(24, generator=random)
    head = torch.randn(64, 24, generator=random)
    state = {
        "diffusion_model.blocks.1.self_attn.q.diff_b": bias,
        "diffusion_model.blocks.1.norm3.diff": norm,
        "diffusion_model.head.head.diff": head,
    }
    save_file(state, tmp_path / "distill.safetensors")
    expected = {"blocks.1.attn1.to_q.bias": bias, "blocks.1.norm2.weight": norm, "proj_out.weight": head}
    assert {name: plain.state_dict()[name].shape for name in expected} == {n: t.shape for n, t in expected.items()}
    check_merged(merged(tmp_path / "distill.safetensors"), expected)


def test_it_agrees_with_diffusers_own_loader(tmp_path):
    """An independent reader of the same public file: diffusers, which keeps the factors beside the weights."""
    path = write_public(tmp_path / "distill.safetensors", animate_transformer(), LAYERS | IMAGE_LAYERS, 2.0)
    theirs = animate_transformer()
    state = WanLoraLoaderMixin.lora_state_dict(str(path))
    theirs.load_lora_adapter(state, prefix="transformer", adapter_name="distill")
    theirs.fuse_lora()
    theirs.unload_lora()
    ours = merged(path).state_dict()
    for name, weight in theirs.state_dict().items():
        torch.testing.assert_close(ours[name], weight, rtol=0, atol=1e-5, msg=name)


def test_precision_of_the_network_is_kept(tmp_path):
    path = write_ours(tmp_path / "distill.safetensors", animate_transformer(), LAYERS, "transformer.")
    transformer = animate_transformer().to(torch.bfloat16)
    name = "blocks.0.attn1.to_q.weight"
    exact = transformer.state_dict()[name].float() + deltas(LAYERS)[name]
    merge_adapter(transformer, str(path))
    assert torch.equal(transformer.state_dict()[name], exact.to(torch.bfloat16))


def test_a_folder_that_holds_one_file_is_enough(tmp_path):
    write_ours(tmp_path / "one.safetensors", animate_transformer(), LAYERS, "transformer.")
    check_merged(merged(tmp_path), deltas(LAYERS))
    write_ours(tmp_path / "two.safetensors", animate_transformer(), LAYERS, "transformer.")
    with pytest.raises(InputError, match=r"holds 2 \.safetensors files: name the one"):
        merged(tmp_path)


def refusal(path: Path) -> str:
    """What is said of `path`; the network is as it was."""
    transformer = animate_transformer()
    with pytest.raises(InputError) as caught:
        merge_adapter(transformer, str(path))
    check_merged(transformer, {})
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_keys_of_another_network_are_named(tmp_path):
    path = write_ours(tmp_path / "ours.safetensors", animate_transformer(), LAYERS, "transformer.")
    strange = {f"unet.mid.{n}.lora_A.weight": torch.zeros(4, 4) for n in range(5)}
    strange |= {f"unet.mid.{n}.lora_B.weight": torch.zeros(4, 4) for n in range(5)}
    save_file(load_file(path) | strange, path)
    said = refusal(path)
    assert [f"unet.mid.{n}" in said for n in range(5)] == [True, True, True, False, False]
    save_file({"time_embed.weight": torch.zeros(4)}, path)
    assert "it has time_embed.weight." in refusal(path)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({}, "no keys at all"),
        ({"blocks.0.attn1.to_q.lora_A.weight": torch.zeros(4, 24)}, "half a pair for blocks.0.attn1.to_q"),
        ({"blocks.0.attn1.to_q.alpha": torch.tensor(4.0)}, "half a pair for blocks.0.attn1.to_q"),
        (
            {
                "blocks.0.attn1.to_q.lora_A.weight": torch.zeros(4, 24),
                "blocks.0.attn1.to_q.lora_B.weight": torch.zeros(24, 8),
            },
            "two ranks for blocks.0.attn1.to_q",
        ),
        (
            {  # of a network five times as wide
                "blocks.0.attn1.to_q.lora_A.weight": torch.zeros(4, 120),
                "blocks.0.attn1.to_q.lora_B.weight": torch.zeros(120, 4),
            },
            "blocks.0.attn1.to_q.weight of 14400 numbers",
        ),
    ],
)
def test_a_lora_that_is_not_whole_or_not_of_this_size_is_refused(tmp_path, state, said):
    save_file(state, tmp_path / "bad.safetensors")
    assert said in refusal(tmp_path / "bad.safetensors")


def test_a_lora_that_cannot_be_read_is_refused_in_one_sentence(tmp_path):
    assert f"There is no LoRA {tmp_path}/none.safetensors" in refusal(tmp_path / "none.safetensors")
    assert "There is no LoRA distill.safetensors" in refusal(Path("distill.safetensors"))
    for name in ("damaged.safetensors", "damaged.ckpt"):
        (tmp_path / name).write_bytes(b"not weights at all")
        assert f"{name} cannot be read: " in refusal(tmp_path / name)
    torch.save({"state_dict": {"a": Evil()}}, tmp_path / "evil.ckpt")
    assert "evil.ckpt cannot be read: " in refusal(tmp_path / "evil.ckpt")


class Evil:
    """Unpickled, it would run code."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("code of a stranger ran",)
