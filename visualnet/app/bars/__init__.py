"""The bars around the panels: toolbar, timeline, notices."""
