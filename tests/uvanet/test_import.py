"""`import uvanet` loads no heavy package; the packages are typed."""

import subprocess
import sys
from pathlib import Path

import uvanet

HEAVY = ("numpy", "cv2", "torch", "PySide6", "onnxruntime", "av", "distributed", "msgspec")


def test_importing_the_library_loads_no_other_package():
    script = f"import sys, uvanet; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_predicting_loads_neither_qt_nor_torch():
    script = (
        "import sys, numpy, uvanet; uvanet.load()(numpy.zeros((64, 64, 3), 'uint8'));"
        "print([name for name in ('PySide6', 'torch', 'distributed') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_type_checkers_find_the_types():
    root = Path(uvanet.__file__).parents[1]
    assert all((root / name / "py.typed").is_file() for name in ("uvanet", "app"))
