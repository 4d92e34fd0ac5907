"""What the command line's commands do, one file a command; none of it opens a window."""
