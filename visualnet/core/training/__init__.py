"""The Trainer and its parts: steps, batches, evaluation, early stopping, settings, its state as a value."""
