"""Graphics cards that `motioncast plan` knows: memory, nominal speed, and how fast others saw them run the network.

Memory is what the driver reports. Nominal speed is the maker's figure for bf16 tensor cores with float32 accumulation,
without sparsity. Effective speed is operations of `flops` over published wall time; this project measured none of it.
"""

import difflib
from dataclasses import dataclass
from typing import Final

from motioncast.errors import InputError

_DIFFUSERS = "diffusers, compiled: 11.68 s a step at 720p (design note of MAX's Wan-Animate)"
_OFFICIAL = "official code: 19.4 s a step at 720p (an operator's notes)"
_SIBLING = "Wan2.2 README, T2V A14B at 480p and 720p: the same backbone without face adapter, 80 passes"
_LIGHTX2V = "LightX2V README, Wan2.1 I2V 14B at 480p: the same backbone without face adapter, 30.5 s for two passes"


@dataclass(frozen=True, slots=True)
class Speed:
    """Effective speed of the transformer in TFLOP/s, from the slowest to the fastest report."""

    slowest: float
    fastest: float
    basis: str  #: `PUBLISHED` or `SCALED`
    source: str


@dataclass(frozen=True, slots=True)
class Gpu:
    """A card; `tflops` is nominal and dense."""

    name: str
    memory_gib: float
    tflops: float
    published: Speed | None = None

    @property
    def speed(self) -> Speed:
        """What others published for this card, or its nominal speed times the shares they reached on others."""
        if self.published is not None:
            return self.published
        return Speed(SHARES[0] * self.tflops, SHARES[1] * self.tflops, SCALED, _SCALING)


PUBLISHED: Final = "published by others"
SCALED: Final = "scaled, never measured"
#: Share of nominal speed in published runs: official code on an H100 (340 of 989), 111 of 147 on an RTX 4090 D.
SHARES: Final = (0.34, 0.75)
_SCALING = f"nominal speed x {SHARES[0]} to {SHARES[1]}, the shares of it that published runs reached on other cards"


def _published(slowest: float, fastest: float, *sources: str) -> Speed:
    return Speed(slowest, fastest, PUBLISHED, "; ".join(sources))


GPUS: Final = (
    Gpu("B200", 179.0, 2250),
    Gpu("H200", 140.4, 989, _published(566, 566, _DIFFUSERS)),
    Gpu("H100", 79.6, 989, _published(340, 499, _OFFICIAL, _SIBLING)),
    Gpu("H100 PCIe", 79.6, 756),
    Gpu("H20", 95.6, 148, _published(120, 129, _SIBLING)),
    Gpu("A100 80GB", 80.0, 312, _published(169, 189, _SIBLING)),
    Gpu("A100 40GB", 40.0, 312, _published(169, 189, _SIBLING)),
    Gpu("L40S", 45.0, 362),
    Gpu("L4", 22.5, 121),
    Gpu("A10", 22.5, 125),
    Gpu("RTX PRO 6000", 95.6, 504),
    Gpu("RTX 6000 Ada", 48.0, 364),
    Gpu("RTX A6000", 48.0, 155),
    Gpu("RTX 5090", 31.8, 209.5),
    Gpu("RTX 5080", 15.9, 112.6),
    Gpu("RTX 4090", 24.0, 165.2),
    Gpu("RTX 4090 D", 24.0, 147, _published(111, 111, _LIGHTX2V)),
    Gpu("RTX 4080", 16.0, 97.5),
    Gpu("RTX 3090", 24.0, 71),
)


def find_gpu(name: str) -> Gpu:
    """The known card called `name`, however it is spaced or capitalised, with or without maker and series.

    Raises `InputError` for a card that is not known.
    """
    cards = {_key(gpu.name): gpu for gpu in GPUS} | {"a100": _A100, "h100sxm": _H100, "h100sxm5": _H100}
    found = cards.get(_key(name))
    if found is not None:
        return found
    near = difflib.get_close_matches(_key(name), list(cards), n=1, cutoff=0.7)
    hint = f"did you mean {cards[near[0]].name}? " if near else ""
    known = ", ".join(gpu.name for gpu in GPUS)
    raise InputError(f"Unknown GPU {name!r}: {hint}Known are {known}; give others by --gpu-memory and --gpu-tflops.")


_H100 = next(gpu for gpu in GPUS if gpu.name == "H100")
_A100 = next(gpu for gpu in GPUS if gpu.name == "A100 80GB")


def _key(name: str) -> str:
    words = name.lower().replace("-", " ").replace("geforce", " ").replace("nvidia", " ").replace("rtx", " ")
    return "".join(words.split())
