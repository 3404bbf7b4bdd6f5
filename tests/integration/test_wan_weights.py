"""The checkpoint: found or refused in one sentence, loaded once, quietly, every weight of it from the files."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from motioncast.engines.wan.profiles import PROFILES
from motioncast.engines.wan.settings import WanSettings
from motioncast.errors import InputError, ProcessingError

pytest.importorskip("diffusers", reason="needs the wan extra: make install-wan")

import torch
from safetensors.torch import load_file, save_file

from bench.wan.checkpoint import NANO, write_checkpoint
from motioncast.engines.wan.checkpoint import COMPONENTS, find_checkpoint
from motioncast.engines.wan.model import weights
from motioncast.engines.wan.model.attention_backend import best_backend, choose_backend
from motioncast.engines.wan.model.memory import Device
from motioncast.engines.wan.model.sampler import Networks
from motioncast.engines.wan.model.weights import load_networks
from tests.unit.test_wan_convert import TINY, tiny_state
from tests.wan_fixtures import animate_transformer, nano_checkpoint, random_guide, random_latents, two_steps  # noqa: F401

SETTINGS = WanSettings(wan_memory="cpu")
QUALITY = PROFILES["quality"]


@pytest.fixture(autouse=True)
def _nothing_held():
    """Each test loads for itself."""
    weights._held.clear()
    yield
    weights._held.clear()


@pytest.fixture
def copied(nano: Path, tmp_path: Path) -> Path:
    """A checkpoint that a test may damage."""
    return shutil.copytree(nano, tmp_path / "nano")


def load(folder: Path, settings: WanSettings = SETTINGS, profile: str = "quality", replace: bool = False) -> Networks:
    return load_networks(settings, find_checkpoint(str(folder)), PROFILES[profile], 64 * 48, replace)


def lora(folder: Path, layer: str) -> str:
    """A LoRA file for one square layer of NANO."""
    state = {f"{layer}.lora_A.weight": torch.ones(1, 24), f"{layer}.lora_B.weight": torch.ones(24, 1)}
    path = folder / f"{layer}.safetensors"
    save_file(state, path)
    return str(path)


@pytest.mark.parametrize("name", ["./none", "/none/at/all", "~/none/at/all", "none", "a/b/c"])
def test_what_is_no_folder_and_no_hub_id_is_refused(name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=f"There is no folder {name}: set MOTIONCAST_WAN_MODEL"):
        find_checkpoint(name)


def test_an_incomplete_folder_is_refused_with_what_it_lacks(copied):
    assert find_checkpoint(str(copied)).folder == copied
    shutil.rmtree(copied / "vae")
    shutil.rmtree(copied / "image_processor")
    with pytest.raises(InputError, match=r"has no vae, image_processor: set MOTIONCAST_WAN_MODEL to a whole one"):
        find_checkpoint(str(copied))
    (copied / "empty").mkdir()
    with pytest.raises(InputError, match=", ".join(COMPONENTS)):
        find_checkpoint(str(copied / "empty"))


def test_the_loaded_transformer_computes_what_was_saved(nano):
    networks, expected = load(nano), animate_transformer(NANO)
    ours = two_steps(networks.transformer, random_guide(), random_latents())
    theirs = two_steps(expected, random_guide(), random_latents())
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
    assert (networks.device.type, networks.dtype) == ("cpu", torch.float32)


def test_the_same_recipe_is_loaded_once_and_another_takes_its_place(copied, tmp_path):
    first = load(copied)
    assert load(copied) is first
    assert load(copied, replace=True) is first  # no relighting LoRA is set, so nothing differs
    assert load(copied, replace(SETTINGS, wan_guidance=3.0, wan_carried=5)) is first
    changes = [
        replace(SETTINGS, wan_shortcuts=True),
        replace(SETTINGS, wan_attention="native"),
        replace(SETTINGS, wan_memory="int8"),
    ]
    loaded = [load(copied, settings) for settings in changes]
    loaded.append(load(copied, profile="balanced"))
    assert len({id(networks) for networks in (first, *loaded)}) == 5
    assert list(weights._held.values()) == [loaded[-1]]


def test_adapters_belong_to_the_recipe(copied, tmp_path):
    distill, relight = lora(tmp_path, "blocks.0.attn1.to_q"), lora(tmp_path, "blocks.1.attn1.to_q")
    settings = replace(SETTINGS, wan_distill=distill, wan_relight=relight)
    plain = animate_transformer().state_dict()

    def changed(profile: str, replacing: bool) -> set[str]:
        state = load(copied, settings, profile, replacing).transformer.state_dict()
        return {name.removesuffix(".attn1.to_q.weight") for name in plain if not torch.equal(plain[name], state[name])}

    assert changed("quality", False) == set()
    assert changed("turbo", False) == {"blocks.0"}
    assert changed("quality", True) == {"blocks.1"}
    assert changed("turbo", True) == {"blocks.0", "blocks.1"}
    before = load(copied, settings, "turbo")
    lora(tmp_path, "blocks.0.attn1.to_q")  # written anew: another time
    os.utime(distill, ns=(1, 1))
    assert load(copied, settings, "turbo") is not before


def test_changed_files_are_loaded_again(copied):
    first = load(copied)
    write_checkpoint(copied, NANO, seed=1)
    second = load(copied)
    assert second is not first
    assert not torch.equal(first.transformer.proj_out.weight, second.transformer.proj_out.weight)


def test_a_transformer_in_the_original_format_takes_the_place_of_the_checkpoints(nano, tmp_path):
    state = tiny_state()
    save_file(state, tmp_path / "diffusion_pytorch_model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps(TINY))
    networks = load(nano, replace(SETTINGS, wan_transformer=str(tmp_path)))
    assert torch.equal(networks.transformer.blocks[9].ffn.net[2].weight, state["blocks.9.ffn.2.weight"])
    assert not networks.transformer.training


def drop(folder: Path, name: str) -> None:
    state = load_file(folder)
    del state[name]
    save_file(state, folder, {"format": "pt"})


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda f: (f / "transformer/diffusion_pytorch_model.safetensors").write_bytes(b"x"), "The transformer of"),
        (
            lambda f: (f / "transformer/diffusion_pytorch_model.safetensors").unlink(),
            "The transformer of the wan model",
        ),
        (lambda f: (f / "transformer/config.json").write_text("{"), "The transformer of the wan model could not"),
        (
            lambda f: drop(f / "transformer/diffusion_pytorch_model.safetensors", "proj_out.weight"),
            r"The transformer of the wan model lacks 1 of its weights \(proj_out.weight\)",
        ),
        (lambda f: os.truncate(f / "vae/diffusion_pytorch_model.safetensors", 5000), "The VAE of the wan model could"),
        (
            lambda f: drop(f / "vae/diffusion_pytorch_model.safetensors", "quant_conv.bias"),
            r"The VAE of the wan model lacks 1 of its weights \(quant_conv.bias\)",
        ),
        (lambda f: (f / "scheduler/scheduler_config.json").unlink(), "The scheduler of the wan model could not be"),
    ],
)
def test_damage_is_told_in_one_sentence(copied, damage: Callable[[Path], object], said: str, capfd):
    damage(copied)
    with pytest.raises(ProcessingError, match=said) as caught:
        load(copied)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")
    assert not weights._held


def test_an_attention_kernel_that_is_not_there_is_refused():
    transformer, cpu = animate_transformer(), Device(torch.device("cpu"))
    assert best_backend(cpu) == "native"
    choose_backend(transformer, "auto", cpu)
    assert transformer.blocks[0].attn1.processor._attention_backend == "native"
    for name in ("flash", "no_such_kernel"):
        with pytest.raises(
            InputError, match=rf"MOTIONCAST_WAN_ATTENTION={name} cannot be used here \(.+\): use auto\."
        ):
            choose_backend(transformer, name, cpu)


QUIET = """
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from motioncast.engines.wan.model.adapters import merge_adapter
from motioncast.engines.wan.model.embedding import Embedder
from motioncast.engines.wan.checkpoint import find_checkpoint
from motioncast.engines.wan.model.weights import load_networks
from motioncast.engines.wan.profiles import PROFILES
from motioncast.engines.wan.settings import WanSettings
from motioncast.errors import InputError, ProcessingError

folder, distill, home = sys.argv[1:]
settings = WanSettings(wan_memory="int8", wan_shortcuts=True, wan_distill=distill)
checkpoint = find_checkpoint(folder)
load_networks(settings, checkpoint, PROFILES["balanced"], 64 * 48, False)
networks = load_networks(replace(settings, wan_memory="cpu"), checkpoint, PROFILES["turbo"], 64 * 48, False)
for fit in ("official", "diffusers"):
    Embedder(checkpoint, networks, Path(home)).embed("w1", True, np.zeros((48, 64, 3), np.uint8), fit)
for source in ("someone/a-lora", "someone/a-lora/distill.safetensors"):
    try:
        merge_adapter(networks.transformer, source)
    except InputError as error:
        print(error)
try:
    find_checkpoint("someone/a-model")
except ProcessingError as error:
    print(error)
"""


def test_the_libraries_say_nothing_and_an_absent_hub_is_one_sentence(nano, tmp_path):
    """Everything that a job loads, in a process of its own: not a word on stderr."""
    environment = os.environ | {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path / "hub")}
    command = [sys.executable, "-c", QUIET, str(nano), lora(tmp_path, "blocks.0.attn1.to_q"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=200)
    assert done.stderr == ""
    assert done.returncode == 0
    said = done.stdout.splitlines()
    assert said[0].startswith("The LoRA someone/a-lora cannot be read: ")
    assert said[1].startswith("The LoRA someone/a-lora/distill.safetensors cannot be read: ")
    assert said[2].startswith("The model someone/a-model could not be fetched from its hub (")
    assert len(said) == 3
