"""Kept states of a run, and running its steps again from one of them. See NOTES.md."""
