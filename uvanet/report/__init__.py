"""The report about a source: its content, and its page."""
