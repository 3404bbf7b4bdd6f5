"""Perception that may stand in for our own where its weights are at hand: rtmlib's whole body, SAM 2's masks."""
