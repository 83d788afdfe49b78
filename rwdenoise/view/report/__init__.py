"""The report: each photo before and after, in one HTML file that needs nothing else."""
