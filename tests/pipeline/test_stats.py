"""Statistics since a moment."""

from app.pipeline.accounting import FrameAccounting
from app.pipeline.stats import Drop


def test_counts_start_anew_and_old_frames_are_not_blamed():
    books = FrameAccounting()
    for seq in range(5):
        books.captured(seq, seq / 30)
    books.dropped(0, Drop.LATE)
    books.failed(1)
    before = books.snapshot(1.0)
    books.dropped(2, Drop.SOURCE_CHANGED)  # under way when the source was changed
    books.captured(5, 1.1)
    books.dropped(5, Drop.NETWORK_BUSY)
    now = books.snapshot(1.2)
    new = now.since(before)
    assert (new.captured, new.failed, new.painted) == (1, 0, 0)
    assert {cause: count for cause, count in new.dropped_by_cause.items() if count} == {
        Drop.NETWORK_BUSY: 1
    }
    assert new.rss_bytes == now.rss_bytes
    assert now.dropped == 3  # the whole program's count is unchanged
