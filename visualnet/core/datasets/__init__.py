"""Data sets: bundled, made by a formula, or a person's own; splits, standardising and augmentation.

A reader of a file looks at sizes first: IDX and NPZ headers, the zip directory and an image's declared size are checked
against the file's real size (times what deflate can shrink) and an absolute limit before anything is allocated. Nothing
is unpickled or evaluated. Whatever the bytes, the outcome is data or a DataError with one sentence.
"""
