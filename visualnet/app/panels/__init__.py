"""The panels, one a file: each draws Frames and sends commands."""
