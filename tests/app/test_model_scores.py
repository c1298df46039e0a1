"""The score columns of the Models dialog."""

from __future__ import annotations

from app.features.models.scores import SCORE_COLUMNS

SCORES = {
    "test": {
        "nss": 2.209,
        "nss_low": 2.07,
        "nss_high": 2.35,
        "human_share": 0.7512,
        "human_share_low": 0.7312,
        "human_share_high": 0.7688,
    },
    "talk": {"nss": 4.85},
    "a folder of mine": {"cc": 0.9},
}


def test_each_column_names_its_data_set_and_explains_its_metric() -> None:
    assert all(one.data in one.title for one in SCORE_COLUMNS if one.data != "steady")
    assert all(one.about.endswith(".") for one in SCORE_COLUMNS)
    cells = {(one.data, one.metric): one.text(SCORES) for one in SCORE_COLUMNS}
    assert cells["test", "nss"] == "2.21"
    assert cells["test", "human_share"] == "75\N{NO-BREAK SPACE}%"
    assert cells["talk", "nss"] == "4.85"
    # What was not measured on the column's data is not filled from other data.
    assert cells["test", "cc"] == cells["talk", "human_share"] == cells["steady", "cc"] == "-"


def test_the_tooltip_says_what_the_number_is_and_on_which_data() -> None:
    tips = {(one.data, one.metric): one.tip(SCORES) for one in SCORE_COLUMNS}
    assert tips["test", "human_share"] == (
        "75 % [73, 77] of what one person predicts of another, on pictures, test split"
    )
    assert tips["test", "nss"] == "NSS 2.209 [2.07, 2.35] on pictures, test split"
    assert tips["talk", "nss"] == "NSS 4.850 on clips of people talking"
    assert tips["test", "cc"] == ""
