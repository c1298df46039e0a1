"""The agreement's card before and after its chart is built."""

from app.features.compare.agreement_card import AgreementCard
from app.pipeline.agreement import Agreement
from app.ui.i18n import install_language


def test_agreement_may_come_before_the_chart_is_built(qtbot):
    card = AgreementCard()
    qtbot.addWidget(card)
    card.show_agreement(1.0, Agreement(0.9, 0.8, 0.3, 0.1))
    assert dict(card.numbers)["CC"] == "0.90"
    card.show()
    card.start()
    qtbot.waitUntil(lambda: card.started)
    card.show_agreement(2.0, Agreement(0.5, 0.8, 0.3, 0.1))
    assert card.chart.curve_points(0)[1] == [0.9, 0.5]
    card.stop()
    card.show_agreement(3.0, Agreement(0.4, 0.8, 0.3, 0.1))
    assert dict(card.numbers)["CC"] == "0.40"


def test_the_card_fits_into_the_side_panel_in_german(qtbot, qapp):
    """Its title was wider and pushed all cards of the panel beyond its edge."""
    install_language(qapp, "de")
    try:
        card = AgreementCard()
    finally:
        install_language(qapp, "en")
    qtbot.addWidget(card)
    card.show_agreement(1.0, Agreement(0.9, 0.8, 0.3, 0.1))
    assert card.minimumSizeHint().width() <= 260
