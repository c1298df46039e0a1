"""The version of library and program."""

__version__ = "0.1.0"
