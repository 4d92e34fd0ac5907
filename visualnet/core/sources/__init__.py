"""Where a window's events and frames come from: a worker in this process, or one in a process of its own."""
