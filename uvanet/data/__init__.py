"""Data: gaze on pictures and clips, one module a layout, and labelled motion made from them."""
