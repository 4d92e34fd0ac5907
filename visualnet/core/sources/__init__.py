"""Connections to a worker: a thread of this process, or a process of its own without Qt."""
