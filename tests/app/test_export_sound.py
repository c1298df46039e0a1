"""The export dialog offers the sound tracks of a film that has several."""

import av

from app.features.export.dialog import ExportDialog


def ask(bench):
    """Opens the dialog."""
    bench.trigger("export_clip")
    bench.until(lambda: any(d.isVisible() for d in bench.window.findChildren(ExportDialog)))
    return next(d for d in bench.window.findChildren(ExportDialog) if d.isVisible())


def test_the_sound_track_can_be_chosen_where_there_are_several(player, tmp_path):
    path = tmp_path / "film.mkv"
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        for language in ("eng", "deu"):
            out.add_stream("pcm_s16le", rate=8000, layout="mono").metadata["language"] = language
        for _ in range(30):
            out.mux(video.encode(av.VideoFrame(64, 48, "yuv420p")))
        out.mux(video.encode(None))
    player.open(str(path))
    dialog = ask(player)
    dialog.more.click()
    player.until(dialog.audio.isVisible)
    assert [dialog.audio.itemData(n) for n in range(dialog.audio.count())] == ["default", 2, "none"]
    assert "deu" in dialog.audio.itemText(1)
    assert dialog.options.arguments()[-2:] == ["--audio", "default"]
    dialog.audio.setCurrentIndex(1)
    assert dialog.options.arguments()[-2:] == ["--audio", "2"]
    dialog.reject()
