"""Measurements of a run between two steps, one kind a file."""
