"""Chromium without a window, where the machine has one: what a page looks like to it, and what axe finds in it."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
AXE = os.environ.get("AXE_CORE", "")
"""The path of axe.min.js, which `npm install axe-core` brings."""
LIGHT, DARK = 1, 0
needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="there is no chromium on PATH")
needs_axe = pytest.mark.skipif(not (CHROMIUM and AXE), reason="chromium on PATH and axe.min.js in AXE_CORE are needed")
_SWITCHES = (
    *("--headless", "--disable-gpu", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"),
    *("--no-first-run", "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND"),
)
_RUN_AXE = """<script>
axe.run({resultTypes: ["violations", "incomplete"]}).then(found => {
  const brief = several => several.map(one => [one.id, one.nodes.map(node => node.html + ' ' + node.failureSummary)]);
  const style = getComputedStyle(document.body);
  const result = {violations: brief(found.violations), unsure: brief(found.incomplete), passed: found.passes.length,
    ground: style.backgroundColor, wide: document.documentElement.scrollWidth - window.innerWidth};
  document.body.textContent = "RESULT" + JSON.stringify(result) + "END";
});
</script>"""


def browse(folder: Path, page: Path, *switches: str, patience: float = 120) -> str:
    """Open a page with these switches, and return what is printed."""
    done = subprocess.run(
        [str(CHROMIUM), *_SWITCHES, f"--user-data-dir={folder / 'profile'}", *switches, page.resolve().as_uri()],
        capture_output=True,
        text=True,
        timeout=patience,
        env={**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_CACHE_HOME": str(folder)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def sheets(folder: Path, page: Path) -> int:
    """Return on how many sheets a page is printed."""
    paper = folder / "paper.pdf"
    browse(folder, page, "--no-pdf-header-footer", f"--print-to-pdf={paper}")
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", paper.read_bytes()))


def examined(folder: Path, page: Path, *, scheme: int, width: int) -> dict[str, Any]:
    """Return what axe says of a page with everything on it unfolded."""
    text = page.read_text(encoding="utf-8").replace("<details>", "<details open>")
    # The page's own security policy would not let axe run.
    text, count = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    assert count == 1
    script = Path(AXE).read_text(encoding="utf-8").replace("</script", "<\\/script")
    copy = folder / "with-axe.html"
    copy.write_text(text.replace("</body>", f"<script>{script}</script>{_RUN_AXE}</body>"), encoding="utf-8")
    shown = browse(
        folder,
        copy,
        *("--dump-dom", "--virtual-time-budget=20000", f"--window-size={width},900"),
        f"--blink-settings=preferredColorScheme={scheme}",
    )
    found = re.search("RESULT(.*)END", shown, re.DOTALL)
    assert found, shown[-500:]
    text = found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", " ").replace("&amp;", "&")
    return dict(json.loads(text))
