"""What replace mode does to the scene: take the performer out, light the character, tie both together."""
