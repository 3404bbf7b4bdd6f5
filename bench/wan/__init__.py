"""`python -m bench wan`: our loop against diffusers' own pipeline, on tiny random checkpoints."""
