# %% [markdown]
# # Score a folder of pictures
# Prints, for each picture in the folder `pictures`, how concentrated the predicted attention is,
# where it is highest, and how much of it falls into the upper half; writes `scores.csv`.

# %%
import csv
from pathlib import Path

import uvanet

model = uvanet.load("uvanet-64")
paths = sorted(Path("pictures").glob("*.jpg"))

# %%
rows = []
for path, result in zip(paths, model(paths), strict=True):
    attention = result.map / result.map.sum()
    upper = attention[: len(attention) // 2].sum()
    peak = result.peaks[0]
    rows.append([path.name, round(result.entropy, 3), peak.x, peak.y, round(float(upper), 3)])
    print(*rows[-1])

# %% [markdown]
# An entropy of 0 means that one cell holds everything, 1 that all are equal. Compare pictures with
# each other rather than with a threshold: the largest value of each map is 1.

# %%
with Path("scores.csv").open("w", newline="", encoding="utf-8") as file:
    writer = csv.writer(file)
    writer.writerow(["picture", "entropy", "peak_x", "peak_y", "upper_half"])
    writer.writerows(rows)
