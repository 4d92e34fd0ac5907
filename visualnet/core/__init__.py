"""A run and all that can be done with it, without pictures: nothing here imports Qt."""
