"""The main window: docks and their layout, menus, keys that hold everywhere."""
