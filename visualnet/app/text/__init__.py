"""Texts for people: labels, tooltips, the journal in words."""
