"""A report: before and after of each photo in one HTML file that needs nothing else."""
