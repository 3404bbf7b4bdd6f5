"""What the model is conditioned on, frame by frame: drawn pose, face clip, mask and background. No torch in here."""
