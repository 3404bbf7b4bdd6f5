"""The checkpoint: found, loaded, and kept for the next job."""

import contextlib
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from diffusers import AutoencoderKLWan, UniPCMultistepScheduler
from huggingface_hub import snapshot_download

from motioncast.engines.wan.model import adapters, attention_backend, group, memory, shortcuts
from motioncast.engines.wan.model.convert import load_original_checkpoint
from motioncast.engines.wan.model.latents import LatentSpace
from motioncast.engines.wan.model.sampler import Networks
from motioncast.engines.wan.model.transformer import AnimateTransformer
from motioncast.engines.wan.profiles import Profile
from motioncast.engines.wan.settings import WanSettings
from motioncast.errors import InputError, ProcessingError

COMPONENTS = (
    "transformer",
    "vae",
    "text_encoder",
    "tokenizer",
    "image_encoder",
    "image_processor",
    "scheduler",
)


@dataclass(frozen=True)
class Checkpoint:
    """A folder in diffusers' format, all components there."""

    folder: Path

    def fingerprint(self, *components: str) -> str:
        """Changes with every change of the files of `components`: name, size or time, and each configuration."""
        digest = hashlib.sha256()
        for component in components:
            for path in sorted((self.folder / component).iterdir()):
                about = path.stat()
                digest.update(f"{component}/{path.name} {about.st_size} {about.st_mtime_ns}\n".encode())
                if path.suffix == ".json" and about.st_size < 1 << 20:
                    digest.update(path.read_bytes())
        return digest.hexdigest()


def find_checkpoint(model: str) -> Checkpoint:
    """The checkpoint that `model` names: a folder, or a hub id, which is fetched into the hub's own cache.

    Raises `InputError` when it is neither or incomplete, `ProcessingError` when it cannot be fetched.
    """
    path = Path(model).expanduser()
    if not path.exists():
        if model.count("/") != 1 or model.startswith((".", "/", "~")):
            raise InputError(f"There is no folder {model}: set MOTIONCAST_WAN_MODEL to a checkpoint or a hub id.")
        path = _fetched(model)
    missing = [name for name in COMPONENTS if not (path / name).is_dir()]
    if missing:
        raise InputError(
            f"The checkpoint {model} has no {', '.join(missing)}: set MOTIONCAST_WAN_MODEL to a whole one in "
            "diffusers' format, such as Wan-AI/Wan2.2-Animate-14B-Diffusers."
        )
    return Checkpoint(path)


def _fetched(hub_id: str) -> Path:
    try:
        return Path(snapshot_download(hub_id, allow_patterns=["model_index.json", *(f"{c}/*" for c in COMPONENTS)]))
    except Exception as error:  # the hub's own errors, and those of several HTTP libraries
        raise ProcessingError(
            f"The model {hub_id} could not be fetched from its hub ({type(error).__name__}): check the network, or "
            "set MOTIONCAST_WAN_MODEL to a folder that holds it."
        ) from error


@contextlib.contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn whatever a library says about damaged or missing weights into one sentence."""
    try:
        yield
    except (InputError, ProcessingError):
        raise
    except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ProcessingError(f"The {what} could not be loaded: {reason}") from error


@dataclass(frozen=True)
class _Recipe:
    """Everything that decides what the loaded networks are."""

    checkpoint: Checkpoint
    fingerprint: str
    plan: memory.MemoryPlan
    original: str
    attention: str
    shortcuts: bool
    distill: str
    relight: str
    cache_threshold: float | None


_lock = threading.Lock()
_held: dict[_Recipe, Networks] = {}  #: the networks of the last job; another job's take their place


def load_networks(
    settings: WanSettings, checkpoint: Checkpoint, profile: Profile, area_px: int, replace: bool
) -> Networks:
    """The networks for a job, loaded unless the last job's fit. Raises `InputError` and `ProcessingError`."""
    device = memory.find_device(group.local_rank())
    recipe = _Recipe(
        checkpoint,
        checkpoint.fingerprint("transformer", "vae", "scheduler"),
        _planned(settings.wan_memory, device, area_px),
        settings.wan_transformer,
        settings.wan_attention,
        settings.wan_shortcuts,
        settings.wan_distill if profile.distilled else "",
        settings.wan_relight if replace else "",
        profile.cache_threshold,
    )
    with _lock:
        if recipe not in _held:
            _held.clear()
            _held[recipe] = _load(recipe, device)
        return _held[recipe]


def _planned(wanted: str, device: memory.Device, area_px: int) -> memory.MemoryPlan:
    """What is free now includes what the last job's networks take: a plan that was chosen stays."""
    for recipe in _held:
        if wanted in ("auto", recipe.plan):
            return recipe.plan
    return memory.choose_plan(wanted, device, area_px)


def _load(recipe: _Recipe, device: memory.Device) -> Networks:
    quieten()
    if recipe.plan is memory.MemoryPlan.CPU:
        device = memory.Device(torch.device("cpu"))
    transformer = _transformer(recipe, device)
    folder = recipe.checkpoint.folder
    with reading("VAE of the wan model"):
        vae = AutoencoderKLWan.from_pretrained(folder, subfolder="vae", torch_dtype=torch.float32).to(device.torch)
        scheduler = UniPCMultistepScheduler.from_pretrained(folder, subfolder="scheduler")
    return Networks(transformer.eval(), LatentSpace(vae.eval()), scheduler, device.torch, device.dtype)


def _transformer(recipe: _Recipe, device: memory.Device) -> AnimateTransformer:
    transformer: Any
    with reading("transformer of the wan model"):
        if recipe.original:
            folder = Path(recipe.original).expanduser()
            transformer = load_original_checkpoint(folder, device.dtype, AnimateTransformer)
        else:
            transformer = AnimateTransformer.from_pretrained(
                recipe.checkpoint.folder, subfolder="transformer", torch_dtype=device.dtype
            )
    names = {name: source for name, source in (("distill", recipe.distill), ("relight", recipe.relight)) if source}
    for name, source in names.items():
        adapters.load_adapter(transformer, source, name)
    adapters.merge_adapters(transformer, list(names))
    transformer.remember_invariants()
    if recipe.shortcuts:
        shortcuts.take_shortcuts(transformer)
    attention_backend.choose_backend(transformer, recipe.attention, device)
    memory.follow_plan(transformer, recipe.plan, device)
    group.split_sequence(transformer)
    if recipe.cache_threshold is not None:
        transformer.enable_cache(diffusers.FirstBlockCacheConfig(threshold=recipe.cache_threshold))
    return transformer


def quieten() -> None:
    """Keep the libraries' progress bars and advice off the terminal: errors still raise."""
    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()
