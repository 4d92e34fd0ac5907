"""Widgets that panels are made of: plots, heatmaps, number fields. See NOTES.md."""
