"""The agreement's card."""

from app.features.compare.agreement_card import AgreementCard
from app.pipeline.agreement import Agreement


def test_the_agreement_is_shown_as_numbers_and_as_curves(qtbot):
    card = AgreementCard()
    qtbot.addWidget(card)
    card.show_agreement(1.0, Agreement(0.9, 0.8, 0.3, 0.1))
    assert dict(card.numbers)["CC"] == "0.90"
    card.show_agreement(2.0, Agreement(0.5, 0.8, 0.3, 0.1))
    assert card.chart.curve_points(0)[1] == [0.9, 0.5]
