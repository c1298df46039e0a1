"""Projects: saves what is open to a file, and opens it again."""
