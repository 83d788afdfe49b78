"""Work on files: one photo, many, a cluster, the layers of an editor."""
