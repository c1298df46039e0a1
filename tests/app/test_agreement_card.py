"""The agreement's card, while its graph is being made."""

import pytest

from app.features.compare.agreement_card import AgreementCard
from app.pipeline.agreement import Agreement
from app.ui.theme import DARK


@pytest.mark.parametrize("steps", range(6))
def test_agreement_may_come_between_any_two_steps_of_its_graph(qtbot, steps):
    card = AgreementCard(DARK)
    qtbot.addWidget(card)
    build = card._build()
    for _ in range(steps):
        next(build, None)
    card.add(1.0, Agreement(0.9, 0.8, 0.3, 0.1))
    assert dict(card.numbers)["CC"] == "0.90"
