"""Lets ``python -m rwdenoise_cli`` do what ``rwdenoise`` does."""

from rwdenoise_cli.main import main

main()
