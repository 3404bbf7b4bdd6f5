"""Which attention kernel runs: the fastest that the device and the installed packages allow, or the operator's."""

from importlib.util import find_spec

from motioncast.engines.wan.model.memory import Device
from motioncast.engines.wan.model.transformer import AnimateTransformer
from motioncast.errors import InputError

#: (diffusers' name, package, least compute capability): exact kernels only, from the fastest to the slowest
_KERNELS = (("_flash_3", "flash_attn_interface", (9, 0)), ("flash", "flash_attn", (8, 0)))


def choose_backend(transformer: AnimateTransformer, wanted: str, device: Device) -> None:
    """Set the kernel called `wanted`, or for `auto` the best. Raises `InputError` for one that cannot be used."""
    name = best_backend(device) if wanted == "auto" else wanted
    try:
        transformer.set_attention_backend(name)
    except (ValueError, RuntimeError, ImportError) as error:
        raise InputError(
            f"MOTIONCAST_WAN_ATTENTION={wanted} cannot be used here ({str(error).splitlines()[0]}): use auto."
        ) from error


def best_backend(device: Device) -> str:
    """torch's own dispatch, unless a faster kernel is installed and the device can run it."""
    for name, package, capability in _KERNELS:
        if device.capability >= capability and find_spec(package):
            return name
    return "native"
