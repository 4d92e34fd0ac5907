"""What can be measured of a run between two steps: one kind of probe a file, each with its cost."""
