"""What tests of training share: beginning a run, and waiting for it."""

import numpy as np
from fork_kit import fork_server, run_detached
from PySide6.QtWidgets import QMessageBox, QPushButton

from app.runtime.child_process import DetachedProcess, own_command, own_environment

PATIENCE = 600_000  # ms; a bound: a child imports torch first, on a machine that may be busy


def looks_at_green(packet):
    """Whether the map's largest value lies on the green square."""
    rows, columns = packet.saliency.shape
    y, x = np.unravel_index(packet.saliency.argmax(), packet.saliency.shape)
    height, width = packet.frame.image.shape[:2]
    place = int((y + 0.5) * height / rows), int((x + 0.5) * width / columns)
    _, green, red = packet.frame.image[place].astype(int)
    return green > red + 30


_start = DetachedProcess.start


def start_forked(command, output, errors):
    """`DetachedProcess.start` without the import of torch, which takes longer than a short run."""
    if command[: len(own_command())] != own_command():
        return _start(command, output, errors)
    for path in (output, errors):
        path.open("ab").close()
    words = command[len(own_command()) :]
    process = fork_server().Process(
        target=run_detached, args=(words, str(output), str(errors), own_environment())
    )
    process.start()
    return DetachedProcess(process.pid)


def begin(bench, steps=20):
    """Starts an adaptation from its dialog; gives the dialog."""
    bench.settings.training_steps = steps
    bench.trigger("adapt_scene")
    dialog = bench.feature.dialog("adapt")
    dialog.form.steps.setValue(steps)
    assert dialog.form.start_button.isEnabled(), dialog.form.problem.text()
    dialog.form.start_button.click()
    bench.until(lambda: bench.feature.controller.running)
    return dialog


def phase(bench, name):
    """Waits for a run's phase; a run that ends before fails the test at once."""
    controller = bench.feature.controller
    run = controller.run
    bench.until(lambda: controller.run is not run or (run.step and run.step.phase == name))
    assert controller.run is run, bench.banner.message


def collect(run):
    """A list that receives the run's events from now on."""
    events = []
    run.progressed.connect(events.append)
    return events


def finish(bench):
    """Waits for the end of the run; gives its result."""
    bench.until(lambda: bench.feature.controller.run is None)
    return bench.feature.controller.result


def plays(bench):
    """Lets the source play, and waits for its next picture."""
    frame = bench.frame()
    bench.trigger("play_pause")
    bench.until(lambda: bench.frame() != frame)


def press(dialog, text):
    """Clicks the only button of a dialog with a text."""
    (button,) = buttons(dialog, text)
    button.click()


def buttons(dialog, text):
    """The buttons of a dialog with a text."""
    return [button for button in dialog.findChildren(QPushButton) if button.text() == text]


def answer(bench, text):
    """Answers the question that is open since the window was closed."""
    (button,) = [one for one in bench.window.quit_guard.box.buttons() if one.text() == text]
    button.click()


def answer_question(bench, text):
    """Answers the question that is open over any window; gives what it said."""
    (box,) = [each for each in bench.window.findChildren(QMessageBox) if each.isVisible()]
    said = f"{box.text()} {box.informativeText()}"
    (button,) = [each for each in box.buttons() if each.text().replace("&", "") == text]
    button.click()
    return said
