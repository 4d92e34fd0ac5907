"""The Session: what the window knows of the worker's runs, and which panel gets which frame."""
