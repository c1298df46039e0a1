"""What the spatial teacher takes, apart from its network: labelling needs no torch."""

HEIGHT, WIDTH = 288, 384
"""The teacher's input in training, pixels; multiples of 32.

It is used at more pixels (`uvanet.runtime.input_size.TEACHER_SIZE`): objects are larger in training
crops than in whole pictures. On `val`, weights trained at 288 x 384 reach NSS 2.46 at that size
and 2.64 at 384 x 512; trained at 384 x 512, they reach 2.52 (the effect is that of Touvron et al.,
*Fixing the train-test resolution discrepancy*, NeurIPS 2019).
"""

FACE_DETECTOR = "faces/blazeface.onnx"
"""The resource that finds faces, for the teacher and for labels."""
