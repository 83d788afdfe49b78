"""Report to a person or a program how the work goes."""
