"""What keeps a generator from doing harm: a look at what goes in and comes out, and a signed record of how it was made.

Importing this package loads nothing; `moderation` loads ONNX Runtime, `provenance` loads c2pa.
"""
