"""What `rwdenoise inspect` finds out about a photo, and how it says it."""
