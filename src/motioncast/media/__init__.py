"""Pictures and videos in and out: fetching, probing, streaming frames, encoding, muxing."""
