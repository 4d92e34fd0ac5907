"""What a run measured: loss and accuracy of every step, tests, milestones, and gaps."""
