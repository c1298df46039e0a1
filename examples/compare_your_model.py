# %% [markdown]
# # Compare a model of your own
# Measures any function from a picture to a map on the same pictures as a student that ships.
# `data` is a folder with gaze in one of the layouts that `uvanet eval --help` lists.

# %%
import numpy as np

import uvanet

DATA = "data"


# %% [markdown]
# Your model: RGB, uint8, (h, w, 3) in; a map of any size out. This one takes contrast for
# attention.


# %%
def contrast(image: np.ndarray) -> np.ndarray:
    gray = image.mean(axis=2, dtype=np.float32)
    return np.abs(gray - gray.mean())


# %%
metrics = ("nss", "auc_judd", "cc")
own = uvanet.evaluate(contrast, DATA, metrics=metrics)
student = uvanet.evaluate("uvanet-64", DATA, metrics=metrics)
for name in metrics:
    print(f"{name:9} {own.metrics[name].mean:6.3f} {student.metrics[name].mean:6.3f}")

# %% [markdown]
# Both were measured on the same pictures, so compare them picture by picture: the interval of the
# difference is narrower than the two intervals suggest.

# %%
difference = student.values[:, 0] - own.values[:, 0]
draws = np.random.default_rng(0).choice(difference, (2000, len(difference))).mean(axis=1)
low, high = np.quantile(draws, [0.025, 0.975])
print(f"NSS {difference.mean():+.3f} ({low:+.3f} to {high:+.3f})")
