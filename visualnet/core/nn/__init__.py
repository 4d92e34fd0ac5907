"""The engine: layers, losses, optimizers, schedules and rules over NumPy arrays. See NOTES.md."""
