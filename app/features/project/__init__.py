"""Projects: saves the source and the state of the window to a file, and opens such files."""
