"""The report about a source: its content, and its layout as an HTML page."""
