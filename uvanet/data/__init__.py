"""Data: gaze on pictures, and labelled motion made from them."""
