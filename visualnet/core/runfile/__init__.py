"""Run files: reading, writing, autosave, restoring, export, links. See FORMAT.md."""
