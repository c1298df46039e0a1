"""Models: choice of student, teacher and engine."""
