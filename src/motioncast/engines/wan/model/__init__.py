"""The network, its weights and the sampling loop. Everything in here imports torch."""
