"""Constants of the spatial teacher in a module without torch, which labelling does not need."""

HEIGHT, WIDTH = 288, 384
"""The teacher's input in training, pixels; multiples of 32.

Predictions use more pixels (`uvanet.runtime.input_size.TEACHER_SIZE`), because objects are larger
in training crops than in whole pictures (Touvron et al., *Fixing the train-test resolution
discrepancy*, NeurIPS 2019). On `val`, weights trained at 288 x 384 reach NSS 2.46 at that size and
2.64 at 384 x 512; weights trained at 384 x 512 reach 2.52.
"""

FACE_DETECTOR = "faces/blazeface.onnx"
"""Resource path of the face detector, which the teacher and labelling use."""
