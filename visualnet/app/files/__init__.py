"""Files in the window: run files, settings, dialogs, recovery after a crash."""
