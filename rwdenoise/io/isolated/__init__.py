"""Reading files from strangers in a process of its own."""
