"""The work of the command line's commands, one file a command; none opens a window."""
