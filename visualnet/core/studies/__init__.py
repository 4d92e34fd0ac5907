"""Measurements that take seconds, in slices between training: rate range test, comparison of two runs."""
