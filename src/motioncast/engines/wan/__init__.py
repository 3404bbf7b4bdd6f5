"""Wan2.2-Animate-14B: conditions drawn from our own perception, our own sampling loop on diffusers' modules.

`conditions/` needs no torch: it also serves `motioncast preprocess`. `model/` is the only place that imports it.
"""
