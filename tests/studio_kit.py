"""What tests of training share: beginning a run, and waiting for it."""

import numpy as np

PATIENCE = 180_000  # ms; a bound for conditions, not a measure of anything


def looks_at_green(packet):
    """Whether the map's largest value lies on the green square."""
    rows, columns = packet.saliency.shape
    y, x = np.unravel_index(packet.saliency.argmax(), packet.saliency.shape)
    height, width = packet.frame.image.shape[:2]
    place = int((y + 0.5) * height / rows), int((x + 0.5) * width / columns)
    _, green, red = packet.frame.image[place].astype(int)
    return green > red + 30


def patient(bench):
    """A child imports torch first, on a machine that may be busy."""
    bench.until = lambda done: bench.qtbot.waitUntil(lambda: bool(done()), timeout=PATIENCE)


def begin(bench, steps=20):
    """Starts an adaptation from its dialog."""
    bench.settings.training_steps = steps
    bench.trigger("adapt_scene")
    dialog = bench.feature.dialog("adapt")
    dialog.setup.steps.setValue(steps)
    assert dialog.setup.go.isEnabled(), dialog.setup.problem.text()
    dialog.setup.go.click()
    bench.until(lambda: bench.feature.busy)
    return dialog


def phase(bench, name):
    """Waits for a run's phase."""
    run = bench.feature.run
    bench.until(lambda: run.step is not None and run.step.phase == name)
