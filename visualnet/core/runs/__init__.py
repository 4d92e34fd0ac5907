"""The runs of a session: the tree of branches, each with its Trainer, its past and its file."""
