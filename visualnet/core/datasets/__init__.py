"""Data sets: bundled, made by a formula, or a person's own; splits, standardising and augmentation.

No reader trusts a file: declared sizes are checked against the file's real size and an absolute limit before anything
is allocated, and nothing is unpickled or evaluated. Whatever the bytes, the outcome is data or a DataError with one
sentence.
"""
