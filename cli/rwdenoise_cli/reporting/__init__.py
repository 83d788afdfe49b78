"""Telling a person or a program how the work goes."""
