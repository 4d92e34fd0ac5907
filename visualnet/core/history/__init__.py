"""Measurements of a run: loss and accuracy of every step, tests, milestones, and gaps."""
