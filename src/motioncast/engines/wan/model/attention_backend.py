"""Which attention kernel runs: the fastest that the device and the installed packages allow, or the operator's."""

from importlib.util import find_spec

import torch
from diffusers.models.attention_dispatch import dispatch_attention_fn

from motioncast.engines.wan.model.memory import Device
from motioncast.engines.wan.model.transformer import AnimateTransformer
from motioncast.errors import InputError

#: (diffusers' name, package, GPU generations it is built for): exact kernels only, from the fastest to the slowest
_KERNELS = (("_flash_3", "flash_attn_interface", (9,)), ("flash", "flash_attn", (8, 9, 10, 12)))
_PLAIN = "native"  #: torch's own dispatch


def choose_backend(transformer: AnimateTransformer, wanted: str, device: Device) -> None:
    """Set the kernel called `wanted`, or for `auto` the best. Raises `InputError` for one that cannot be used."""
    if wanted == "auto":
        name = best_backend(device)
        transformer.set_attention_backend(name if _problem(name, device) is None else _PLAIN)
        return
    problem = _problem(wanted, device)
    if problem is not None:
        raise InputError(f"MOTIONCAST_WAN_ATTENTION={wanted} cannot be used here ({problem}): use auto.")
    transformer.set_attention_backend(wanted)


def best_backend(device: Device) -> str:
    """torch's own dispatch, unless a faster kernel is installed and the device can run it."""
    for name, package, generations in _KERNELS:
        if device.capability[0] in generations and find_spec(package):
            return name
    return _PLAIN


def _problem(name: str, device: Device) -> str | None:
    """What a kernel says of a tiny task on the device; None when it does it."""
    tokens = torch.zeros((1, 8, 2, 64), dtype=device.dtype, device=device.torch)
    try:
        dispatch_attention_fn(tokens, tokens, tokens, backend=name)
    except Exception as error:  # whatever a kernel's package raises
        return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return None
