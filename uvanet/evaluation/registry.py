"""Makes predictors from the row names of `uvanet eval`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from uvanet.errors import UsageError
from uvanet.evaluation.baselines import BASELINES
from uvanet.evaluation.motion_baseline import MotionBaseline
from uvanet.evaluation.onnx_predictor import OnnxPredictor
from uvanet.evaluation.predictors import PREDICTIONS, FunctionPredictor, Predictor, StreamPredictor
from uvanet.evaluation.smoothed import Smoothed
from uvanet.extras import require
from uvanet.i18n import tr
from uvanet.model import Model, load
from uvanet.registry import resolve_model
from uvanet.runtime.external_onnx import ExternalOnnx

PRIOR = "center-prior"
_MODIFIERS: dict[str, Callable[[Predictor], Predictor]] = {
    "+motion": MotionBaseline,
    "+smoothed": Smoothed,
}
MIN_SIDE, MAX_SIDE = 16, 1024
"""Bounds of SIDE in the rows NAME@SIDE, pixels."""

FORMS = f"""\
  {PRIOR}         mean gaze of the train split, for every picture
  spectral-residual    Hou and Zhang 2007
  center-surround      contrast on six scales, like OpenCV's fine-grained saliency
  image-signature      Hou, Harel and Koch 2012
  NAME                 a model that `uvanet info` lists, or the path of an .onnx file
  NAME:BRANCH          one prediction of a student (ensemble, spatiotemporal, spatial, temporal),
                       run by torch from the .safetensors file beside the model
  NAME@SIDE            a model at a shown size of SIDE x SIDE pixels; also NAME:BRANCH@SIDE
  ROW+motion           any row times local motion, a rule without training
  ROW+smoothed         any row averaged over time, as the window and exports show it
"""
"""Forms of row names, for `--help`."""


def build_predictors(
    names: Sequence[str], external: Sequence[ExternalOnnx], prior: Callable[[], Predictor]
) -> list[Predictor]:
    """Makes the predictors of an evaluation.

    Args:
        names: Row names, see `FORMS`, or names of `external`, also with `+motion` or `+smoothed`.
        external: ONNX models without a card; those that `names` lacks are appended.
        prior: Makes the center prior; called only where `names` has it.

    Raises:
        UvanetError: A name is unknown or occurs twice, or a model cannot be loaded.
    """
    specs = {spec.name: spec for spec in external}
    wanted = [*names, *(spec.name for spec in external if spec.name not in names)]
    for name in wanted:
        if wanted.count(name) > 1:
            raise UsageError(
                tr("The row {name!r} is named twice.").format(name=name),
                tr("Name it once, or give it another name with name=."),
            )
    return [_build(name, specs, prior) for name in wanted]


def _build(name: str, specs: dict[str, ExternalOnnx], prior: Callable[[], Predictor]) -> Predictor:
    for ending, modify in _MODIFIERS.items():
        if name.endswith(ending):
            return modify(_build(name.removesuffix(ending), specs, prior))
    if name in specs:
        return OnnxPredictor(specs[name])
    if name == PRIOR:
        return prior()
    if name in BASELINES:
        return FunctionPredictor(name, BASELINES[name])
    model, at, side = name.rpartition("@")
    if at and side.isdecimal():
        return StreamPredictor(name, shown_at(_load(model), int(side)))
    if _branch(name) is None:
        external = resolve_model(name).external
        if external is not None:
            return OnnxPredictor(external)
    return StreamPredictor(name, _load(name))


def shown_at(model: Model, side: int) -> Model:
    """Sets the shown size of a model to `side` squared pixels; returns the model.

    Args:
        model: A model that keeps the aspect ratio of pictures.
        side: `MIN_SIDE` to `MAX_SIDE`.

    Raises:
        UsageError: The model's input size is fixed, or `side` is out of bounds.
    """
    if not model.engine.dynamic_input_size:
        raise UsageError(
            tr("The input size of {name} is fixed.").format(name=model.card.name),
            tr("Name a student or a teacher of ours."),
        )
    if not MIN_SIDE <= side <= MAX_SIDE:
        raise UsageError(
            tr("No model can be shown {side} x {side} pixels.").format(side=side),
            tr("Give {least} to {most} behind the @.").format(least=MIN_SIDE, most=MAX_SIDE),
        )
    model.engine.input_size = (side, side)
    return model


def _load(name: str) -> Model:
    branch = _branch(name)
    if branch is None:
        return load(name)
    require("torch", "train")
    # Imported here: no other row needs torch.
    from uvanet.evaluation.branches import load_branch

    return load_branch(*branch)


def _branch(name: str) -> tuple[str, str] | None:
    """Model and prediction of a row NAME:BRANCH; None for other rows."""
    model, colon, branch = name.rpartition(":")
    return (model, branch) if colon and branch in PREDICTIONS else None
