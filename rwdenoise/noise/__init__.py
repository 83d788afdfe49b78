"""How noisy a photo is, and what was removed from it."""
