import io

from rich.console import Console

from synth.progress import RateColumn, progress_bar


def test_a_bar_tells_how_fast_it_goes_unless_it_is_told():
    now = [0.0]
    progress = progress_bar(Console(file=io.StringIO()))
    progress.get_time = lambda: now[0]
    measured = progress.add_task("shards", total=100, rate="")
    told = progress.add_task("training", total=100, rate="loss 0.125")
    (column,) = (column for column in progress.columns if isinstance(column, RateColumn))
    assert str(column.render(progress.tasks[measured])) == ""
    for seconds, done in ((2.0, 5), (4.0, 10)):
        now[0] = seconds
        for task in (measured, told):
            progress.update(task, completed=done)
    assert str(column.render(progress.tasks[measured])) == "2.50/s"
    assert str(column.render(progress.tasks[told])) == "loss 0.125"
