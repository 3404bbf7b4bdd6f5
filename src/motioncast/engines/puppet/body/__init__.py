"""The body of the character: joints, parts, layers (preparation), and their motion (mesh, skinning, retargeting)."""
