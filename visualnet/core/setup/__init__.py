"""The Setup: everything that a run follows from, checked and written as JSON; commands that change a run."""
