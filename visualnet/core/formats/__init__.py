"""Networks in the file formats of others. Nothing here is imported before a file of that format is asked for."""
