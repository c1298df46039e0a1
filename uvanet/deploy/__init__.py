"""Turns trained students into files for inference: ONNX export, graph passes, quantization."""
