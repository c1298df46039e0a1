# %% [markdown]
# # Gaze of your own eye tracker
# How well does a model predict where people looked on one clip? `fixations.csv` is an export of
# Pupil, Tobii or EyeLink, or any table with columns such as time, x, y, duration and person.

# %%
import uvanet

gaze = uvanet.load_gaze("fixations.csv")
print(len(gaze), "fixations")

# %%
for name in ("uvanet-32", "uvanet-64"):
    scores = uvanet.evaluate_gaze(name, "talk.mp4", gaze)
    nss = scores.means()["nss"]
    print(f"{name}: NSS {nss.mean:.2f} ({nss.low:.2f} to {nss.high:.2f})")

# %% [markdown]
# The scale is how well the gaze of all other people predicts that of one. With fewer than two
# people there is none.

# %%
share = scores.human_share()
if share is not None:
    print(f"{share.mean:.0%} of what the others' gaze predicts")

# %% [markdown]
# A table whose columns are not recognized needs a mapping:

# %%
table = uvanet.GazeMapping(time="when", x="left", y="top")
print(table)
