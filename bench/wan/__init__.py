"""`python -m bench wan`: our loop against diffusers' own pipeline, on tiny random checkpoints."""

import motioncast.engines.wan.model  # noqa: F401  # before torchao, which it keeps quiet
