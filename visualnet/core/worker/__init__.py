"""The thread that owns the Trainer: serves commands between steps, posts events and frames."""
