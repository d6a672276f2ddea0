"""What a run shows while it goes."""

import io

import pytest

from curate.progress import Bars, Lines, shown, spoken_rate, spoken_time


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.42, "0.4 s"), (12, "12 s"), (59.6, "60 s"), (185, "3:05"), (7_800, "2:10:00")]
)
def test_a_time_is_said_in_the_unit_that_fits(seconds, said):
    assert spoken_time(seconds) == said


@pytest.mark.parametrize(("size", "seconds", "said"), [(5_000_000, 2.0, ", 2.5 MB/s"), (64, 1.0, ""), (10**6, 0.0, "")])
def test_a_rate_is_said_where_there_is_one(size, seconds, said):
    assert spoken_rate(size, seconds) == said


def test_elsewhere_than_on_a_terminal_a_phase_ends_with_a_line():
    out = io.StringIO()
    with shown(out).phase("length · 长度", [1, 1]) as done:
        done("first")
        done("second")
    assert out.getvalue().startswith("length · 长度: 2 of 2 in 0.0 s")


def test_bars_and_sentences_go_to_the_stream_they_were_given_and_not_to_stdout(capsys):
    out = io.StringIO()
    bars = Bars(out)
    bars.say("nothing to do: runs/[水泵] is finished")
    with bars.phase("length", [20_000]) as done:
        done("first")
    assert "runs/[水泵] is finished" in out.getvalue()
    assert "length" in out.getvalue()
    assert capsys.readouterr().out == ""


def test_a_phase_that_is_left_by_an_error_says_no_end():
    out = io.StringIO()
    with pytest.raises(KeyboardInterrupt), Lines(out).phase("length", [1]):
        raise KeyboardInterrupt
    assert out.getvalue() == ""
