"""What `rwdenoise watch` needs of the operating system, and what it says of itself."""
