"""Compare: a teacher next to the student."""
