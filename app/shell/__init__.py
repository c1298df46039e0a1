"""The window frame: places, actions, menus and the interface of features."""
