"""The page to step through, in a real browser where there is one."""

import json
import re
import shutil
import subprocess

import pytest
from click.testing import CliRunner

from radvis_cli import main
from scenes.config import ENTRIES
from synth.dataset import Dataset
from synth.page import MOST_SEQUENCES, write_page
from synth.shards import DatasetError

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)


@pytest.fixture
def dom(tmp_path):
    """Give what a browser makes of a page, opened at a frame."""
    if BROWSER is None:
        pytest.skip("no Chromium here")

    def run(path, frame=0):
        line = [BROWSER, *QUIET.split(), f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"]
        done = subprocess.run(
            [*line, f"{path.as_uri()}#{frame}"], capture_output=True, text=True, timeout=120
        )
        return done.stdout

    return run


def content(path):
    (text,) = re.findall(r'type="application/json">(.*?)</script>', path.read_text(), re.DOTALL)
    return json.loads(text)


def test_a_browser_shows_the_frame_that_is_asked_for(make, tmp_path, dom):
    data = Dataset(make(n=30, entries=ENTRIES))
    write_page(data, tmp_path / "page.html", [0, 1])
    for asked, title in ((0, "sequence 0 · frame 0"), (22, "sequence 1 · frame 7")):
        shown = dom(tmp_path / "page.html", asked)
        assert f'<output id="now">{title}' in shown
        assert shown.count('<img alt="') == 4
        assert shown.count('src="data:image/jpeg;base64,') == 4
        assert shown.count('class="target"') == 3  # camera, depth, lidar from above
        assert 'max="29"' in shown and "target at" in shown


@pytest.mark.parametrize(("act", "title"), [
    ("slider.value = 22; slider.dispatchEvent(new Event('input'))", "sequence 1 · frame 7"),
    ("play.click()", "sequence 0 · frame 3"),
    ("play.click(); play.click()", "sequence 0 · frame 0"),
    ("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight'}))",
     "sequence 0 · frame 1"),
])  # fmt: skip
def test_slider_button_and_keys_step_through_the_page(make, tmp_path, dom, act, title):
    """Timers run at once, three times."""
    write_page(Dataset(make(n=30, entries=("camera",))), tmp_path / "page.html", [0, 1])
    text = (tmp_path / "page.html").read_text()
    clock = "let on = 1; window.setInterval = f => { for (let i = 0; i < 3; i++) queueMicrotask("
    clock += "() => on && f()); return 1; }; window.clearInterval = () => { on = 0; };"
    shim = f"<script>{clock}</script>"
    hand = "<script>const [slider, play] = ['slider', 'play'].map(x => document.getElementById(x));"
    text = text.replace("<script", f"{shim}<script", 1).replace("</html>", f"{hand}{act}</script>")
    (tmp_path / "page.html").write_text(text)
    assert f'<output id="now">{title}' in dom(tmp_path / "page.html")


def test_a_page_holds_all_frames_of_its_sequences_and_their_labels(make, tmp_path):
    data = Dataset(make(n=45, entries=ENTRIES))
    write_page(data, tmp_path / "page.html", [2])
    held = content(tmp_path / "page.html")
    assert [panel["entry"] for panel in held["panels"]] == ["camera", "depth", "lidar", "radar"]
    assert len(held["frames"]) == 15
    for index, frame in enumerate(held["frames"]):
        assert frame["title"].startswith(f"sequence 2 · frame {index} · ")
        boxes = data.read(30 + index, "object/box")
        shapes = frame["panels"]["camera"]["shapes"]
        assert {tuple(shape["points"][0]) for shape in shapes} == {tuple(box[:2]) for box in boxes}
        assert [shape["kind"] for shape in shapes].count("target") == 1


def test_a_page_says_what_its_colours_mean(make, tmp_path, dom):
    data = Dataset(make(n=30, entries=ENTRIES))
    write_page(data, tmp_path / "page.html")
    scales = {panel["entry"]: panel["scale"] for panel in content(tmp_path / "page.html")["panels"]}
    assert scales["camera"] is None
    assert scales["lidar"]["high"].endswith("m high") and scales["radar"]["low"].endswith("dB")
    lowest = [float(scales[entry]["low"].split()[0]) for entry in ("depth", "lidar", "radar")]
    highest = [float(scales[entry]["high"].split()[0]) for entry in ("depth", "lidar", "radar")]
    assert all(low < high for low, high in zip(lowest, highest, strict=True))
    shown = dom(tmp_path / "page.html")
    assert shown.count('class="scale" style="background: linear-gradient(') == 3


def test_a_strangers_name_is_a_text_and_no_script(make, tmp_path, dom):
    folder = make(n=15, entries=("camera",))
    path = folder / "manifest.json"
    values = json.loads(path.read_text())
    name = "</script><img src=x onerror=\"document.title='broken'\">"
    values["objects"] = [
        {"id": 2, "name": name, "class": "car"}, {"id": 3, "name": "b", "class": "car"},
    ]  # fmt: skip
    path.write_text(json.dumps(values))
    write_page(Dataset(folder), tmp_path / "page.html")
    assert name not in (tmp_path / "page.html").read_text()
    shown = dom(tmp_path / "page.html")
    assert "<title>radvis</title>" in shown and "<img src" not in shown
    assert "&lt;/script&gt;" in shown


def test_what_cannot_be_shown_is_told(make, tmp_path):
    data = Dataset(make(n=30))
    with pytest.raises(DatasetError, match=r"sequence 7: .* holds 2, 0 to 1"):
        write_page(data, tmp_path / "page.html", [7])
    with pytest.raises(DatasetError, match=f"1 to {MOST_SEQUENCES}"):
        write_page(data, tmp_path / "page.html", [0] * (MOST_SEQUENCES + 1))
    with pytest.raises(DatasetError, match="to show"):
        write_page(Dataset(make("csi", n=15, entries=("csi",))), tmp_path / "page.html")


@pytest.mark.parametrize("options, said", [
    ("--html {page} --frames 3", "leave them out"), ("--sequences 1", "add --html"),
    ("--html {page} --sequences x", "write numbers"), ("--html /dev/null/x.html", "another --html"),
])  # fmt: skip
def test_options_that_do_not_go_together_are_told(make, tmp_path, options, said):
    line = f"view {make(n=15)} {options.format(page=tmp_path / 'page.html')}"
    done = CliRunner().invoke(main, line.split())
    assert done.exit_code == 2 and said in done.output


def test_the_command_writes_a_page(make, tmp_path):
    done = CliRunner().invoke(main, ["view", str(make(n=15)), "--html", str(tmp_path / "a.html")])
    assert done.exit_code == 0 and (tmp_path / "a.html").exists()
