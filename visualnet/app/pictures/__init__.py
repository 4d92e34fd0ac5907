"""Pictures of the window for the shell."""
