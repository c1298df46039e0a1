"""Diagnostics: live plots, the About box, measurements."""
