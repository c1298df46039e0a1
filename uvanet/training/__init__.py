"""Trains students and teachers by knowledge distillation. Needs the extra `train`."""
