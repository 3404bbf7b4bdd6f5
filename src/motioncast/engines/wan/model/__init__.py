"""The network, its weights and the sampling loop. Everything in here but `architecture.py` imports torch."""

import logging

# what these say while they are imported is about kernels of other machines; nobody can act on it
for _name in ("torchao", "torch.utils._pytree", "diffusers.quantizers.torchao"):
    logging.getLogger(_name).setLevel(logging.ERROR)
