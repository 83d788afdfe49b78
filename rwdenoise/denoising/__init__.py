"""Planes in, planes out: the sampling loop, its samplers, and the controls."""
