"""The features of the window, each in a folder of its own.

A feature is removed by deleting its folder and its name here.
"""

from app.features.analyse.feature import Analyse
from app.features.cameras.feature import Cameras
from app.features.compare.feature import Compare
from app.features.designs.feature import Designs
from app.features.diagnostics.feature import Diagnostics
from app.features.export.feature import Export
from app.features.gaze.feature import GazeOfPeople
from app.features.marks.feature import Marks
from app.features.models.feature import Models
from app.features.overlay.feature import Overlay
from app.features.playback.feature import Playback
from app.features.project.feature import Projects
from app.features.screen.feature import Screen
from app.features.slides.feature import Slides
from app.features.snapshots.feature import Snapshots
from app.features.sources.feature import Sources
from app.features.training.feature import Training
from app.features.view.feature import View
from app.features.virtual_camera.feature import VirtualCamera
from app.shell.feature import Feature

FEATURES: tuple[type[Feature], ...] = (
    Sources,
    Playback,
    Marks,
    Slides,
    Overlay,
    View,
    VirtualCamera,
    Snapshots,
    Cameras,
    Screen,
    Models,
    Compare,
    Designs,
    Analyse,
    GazeOfPeople,
    Export,
    Training,
    Diagnostics,
    Projects,
)
"""The features in the order in which they are made."""
