"""Widgets without the program around them."""

from app.runtime.import_guards import import_cv2

import_cv2()  # before the application exists, or OpenCV's Qt plugins are found first

import pyqtgraph  # noqa: E402, F401 - once it is imported, charts are built at once
