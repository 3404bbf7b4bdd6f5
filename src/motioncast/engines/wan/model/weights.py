"""The networks of a checkpoint: loaded, and kept for the next job."""

import contextlib
import gc
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import diffusers
import huggingface_hub
import torch
import transformers
from diffusers import AutoencoderKLWan, UniPCMultistepScheduler

from motioncast.engines.wan.checkpoint import Checkpoint, fingerprint
from motioncast.engines.wan.model import adapters, attention_backend, group, memory, shortcuts, step_cache
from motioncast.engines.wan.model.convert import load_original_checkpoint
from motioncast.engines.wan.model.latents import LatentSpace
from motioncast.engines.wan.model.sampler import Networks
from motioncast.engines.wan.model.transformer import AnimateTransformer
from motioncast.engines.wan.profiles import Profile
from motioncast.engines.wan.settings import WanSettings
from motioncast.errors import InputError, ProcessingError


def load_whole(kind: Any, folder: Path, what: str, **options: Any) -> Any:
    """The network of class `kind` in `folder`, every weight of it from there. `what` it is called when that fails.

    Raises `ProcessingError`.
    """
    with reading(what):
        network, about = kind.from_pretrained(folder, use_safetensors=True, output_loading_info=True, **options)
    missing = sorted(about["missing_keys"])  # the libraries would make them up
    if missing:
        raise ProcessingError(
            f"The {what} lacks {len(missing)} of its weights ({', '.join(missing[:3])}): fetch its files again."
        )
    return network.eval()


@contextlib.contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn whatever a library says about damaged or missing weights into one sentence."""
    try:
        yield
    except (InputError, ProcessingError):
        raise
    except Exception as error:  # there is no end of what they raise
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ProcessingError(f"The {what} could not be loaded: {reason}") from error


@dataclass(frozen=True)
class _Recipe:
    """Everything that decides what the loaded networks are."""

    checkpoint: Checkpoint
    fingerprint: str  #: of all the files that are read
    plan: memory.MemoryPlan
    original: str
    attention: str
    shortcuts: bool
    adapters: tuple[str, ...]
    cache_threshold: float | None


_lock = threading.Lock()
_held: dict[_Recipe, Networks] = {}  #: the networks of the last job; another job's take their place


def load_networks(
    settings: WanSettings, checkpoint: Checkpoint, profile: Profile, area_px: int, replace: bool
) -> Networks:
    """The networks for a job, loaded unless the last job's fit. Raises `InputError` and `ProcessingError`."""
    chosen = (settings.wan_distill if profile.distilled else "", settings.wan_relight if replace else "")
    sources = tuple(source for source in chosen if source)
    own = () if settings.wan_transformer else ("transformer",)
    parts = [checkpoint.folder / name for name in (*own, "vae", "scheduler")]
    files = [Path(source).expanduser() for source in (settings.wan_transformer, *sources) if source]
    with _lock:
        device = memory.find_device(group.local_rank())
        recipe = _Recipe(
            checkpoint,
            fingerprint(*parts, *files),
            memory.choose_plan(settings.wan_memory, device, area_px),
            settings.wan_transformer,
            settings.wan_attention,
            settings.wan_shortcuts,
            sources,
            profile.cache_threshold,
        )
        if recipe not in _held:
            _held.clear()
            gc.collect()  # hooks refer to their modules in circles, which would keep the old weights beside the new
            _held[recipe] = _load(recipe, device)
        return _held[recipe]


def _load(recipe: _Recipe, device: memory.Device) -> Networks:
    quieten()
    if recipe.plan is memory.MemoryPlan.CPU:
        device = memory.Device(torch.device("cpu"))
    transformer = _transformer(recipe, device)
    folder = recipe.checkpoint.folder
    vae = load_whole(AutoencoderKLWan, folder / "vae", "VAE of the wan model", torch_dtype=torch.float32)
    with reading("scheduler of the wan model"):
        scheduler = UniPCMultistepScheduler.from_pretrained(folder / "scheduler")
    return Networks(transformer, LatentSpace(vae.to(device.torch)), scheduler, device.torch, device.dtype)


def _transformer(recipe: _Recipe, device: memory.Device) -> AnimateTransformer:
    what = "transformer of the wan model"
    transformer: Any
    if recipe.original:
        with reading(what):
            transformer = load_original_checkpoint(
                Path(recipe.original).expanduser(), device.dtype, AnimateTransformer
            ).eval()
    else:
        folder = recipe.checkpoint.folder / "transformer"
        transformer = load_whole(AnimateTransformer, folder, what, torch_dtype=device.dtype)
    for source in recipe.adapters:
        adapters.merge_adapter(transformer, source)
    transformer.remember_invariants()
    if recipe.shortcuts:
        shortcuts.take_shortcuts(transformer)
    attention_backend.choose_backend(transformer, recipe.attention, device)
    if recipe.cache_threshold is not None:
        step_cache.enable_step_cache(transformer, recipe.cache_threshold)
    # after the step cache: a hook of offloading leaves after the first step, and would take with it one that came later
    memory.follow_plan(transformer, recipe.plan, device)
    group.split_sequence(transformer)
    return transformer


def quieten() -> None:
    """Keep the libraries' progress bars and advice off the terminal: errors still raise, a download still shows."""
    huggingface_hub.utils.logging.set_verbosity_error()
    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()
