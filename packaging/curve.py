"""Draws NSS against milliseconds of a step: all students and candidates at all shown sizes.

    packaging/curve.py
    packaging/curve.py --model uvanet-64 --onnx runs/a/uvanet-256.onnx --sides 128,256,320 --out c

Writes `curve.json`, `curve.md` and `curve.svg` into `packaging/bench` or another folder. The gaze
data is that of UVANET_DATA. Sizes are chosen on the val split; with `--split test` none are chosen.
A step runs on one thread with square input. Its time is the smaller one of the shortest time and
the mean processor time of many steps, since other programs can delay all of them.
"""

import argparse
import json
from pathlib import Path

from uvanet.bench.network import noise
from uvanet.bench.timing import time_calls
from uvanet.cli.options import progress_bar
from uvanet.data import find_who_to_look_at as talk
from uvanet.data.fixations import find_root, read
from uvanet.evaluation.size_curve import CurvePoint, best_side, measure_curve, pareto_front
from uvanet.model import Model, load
from uvanet.model_card import external_card
from uvanet.registry import list_models
from uvanet.runtime.input_size import size_of_ratio
from uvanet.runtime.onnx_engine import OnnxEngine
from uvanet.system_info import describe

BENCH = Path(__file__).with_name("bench")
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)  # milliseconds
SIDES = "32,40,48,56,64,72,80,88,96,100,112,128,160,192,224,256,280,320"


def open_candidate(path: Path) -> Model:
    """Loads an ONNX file of this project, with or without a card beside it."""
    if path.with_suffix(".json").exists():
        return load(path, threads=1)
    size = (64, 64)
    return Model(external_card(path, path.stem, size), OnnxEngine(path, size))


def step_ms(model: Model, seconds: float) -> float:
    """Milliseconds of a streaming step."""
    engine = model.engine
    rows, columns = engine.input_size
    frames = noise((1, *size_of_ratio(1.0, rows * columns, engine.size_multiple), 3))
    earlier = engine.step(frames).features
    timing = time_calls(lambda: engine.step(frames, earlier), seconds)
    return min(timing["best_ms"], timing["cpu_ms"])


def label(point: CurvePoint) -> str:
    """Model and size."""
    return f"{point.model}@{point.side}"


def table(points: list[CurvePoint], chosen: dict[str, int], data: str) -> str:
    """The points as a Markdown table."""
    front = {label(point) for point in pareto_front(points, data)}
    sets = list(points[0].nss)
    titles = ["model", "shown", "ms", *(f"NSS, {name} | CC" for name in sets), ""]
    lines = [f"| {' | '.join(titles)} |", "|---" * (4 + 2 * len(sets)) + "|"]
    for point in points:
        numbers = [
            f"{point.nss[name]:.3f} [{point.nss_low[name]:.2f}, {point.nss_high[name]:.2f}]"
            f" | {point.cc[name]:.3f}"
            for name in sets
        ]
        marks = ["chosen"] * (chosen.get(point.model) == point.side)
        marks += ["front"] * (label(point) in front)
        cells = [point.model, str(point.side), f"{point.ms:.3f}", *numbers, ", ".join(marks)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def write_plot(path: Path, points: list[CurvePoint], marked: dict[str, int], data: str) -> None:
    """The curves of all models, as SVG; one size of each model stands out."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "uvanet"}):
        figure = Figure(figsize=(8, 5), layout="constrained")
        axes = figure.subplots()
        for name in dict.fromkeys(point.model for point in points):
            own = [point for point in points if point.model == name]
            (line,) = axes.plot([p.ms for p in own], [p.nss[data] for p in own], ".-", label=name)
            for point in own:
                axes.annotate(str(point.side), (point.ms, point.nss[data]), fontsize=7)
                if marked.get(name) == point.side:
                    axes.plot(point.ms, point.nss[data], "o", color=line.get_color(), markersize=9)
        axes.set_xscale("log")
        axes.set_xticks(TICKS, [f"{tick:g}" for tick in TICKS])
        axes.set_xticks([], minor=True)
        axes.set_xlim(0.8 * min(p.ms for p in points), 1.1 * max(p.ms for p in points))
        axes.set_xlabel("milliseconds of a step, one thread")
        axes.set_ylabel(f"NSS on {data}")
        axes.grid(visible=True, alpha=0.3)
        axes.legend()
        figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Measures and writes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", action="append", default=[], help="a model (all float students)")
    parser.add_argument("--onnx", action="append", default=[], type=Path, help="a candidate's file")
    parser.add_argument("--sides", default=SIDES, help="shown sizes (%(default)s)")
    parser.add_argument("--split", default="val", choices=("val", "test"))
    parser.add_argument("--talk", action="store_true", help="also measure on clips of talk")
    parser.add_argument("--seconds", default=0.3, type=float, help="of each timing (%(default)s)")
    parser.add_argument("--out", type=Path, default=BENCH, help="an existing folder")
    arguments = parser.parse_args()
    sides = sorted({int(side) for side in arguments.sides.split(",")})
    root = find_root(None)
    sets = [read(root, arguments.split), *([talk.read(root / "talk")] if arguments.talk else [])]
    data = sets[0].name
    names: list[str | Path] = [*arguments.model, *arguments.onnx]
    points: list[CurvePoint] = []
    chosen: dict[str, int] = {}
    for name in names or [card.name for card in list_models() if card.trainable]:

        def open_model(name: str | Path = name) -> Model:
            return open_candidate(name) if isinstance(name, Path) else load(name, threads=1)

        title = f"{name.parent.name}/{name.stem}" if isinstance(name, Path) else name
        own = measure_curve(
            title,
            open_model,
            sides,
            sets,
            lambda model: step_ms(model, arguments.seconds),
            progress_bar,
        )
        points += own
        if arguments.split == "val":
            chosen[title] = best_side(own, data)
    found = {
        "machine": describe(),
        "chosen": chosen,
        "points": [point.as_dict() for point in points],
    }
    (arguments.out / "curve.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    text = table(points, chosen, data)
    (arguments.out / "curve.md").write_text(text, encoding="utf-8")
    shown = {card.name: card.shown_size for card in list_models() if card.shown_size}
    write_plot(arguments.out / "curve.svg", points, chosen | shown, data)
    print(text)


if __name__ == "__main__":
    main()
