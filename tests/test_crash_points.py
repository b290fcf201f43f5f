"""The named places at which a test may end the process."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from mezzotint import crash_points

SOURCE = Path(crash_points.__file__).parent
PROGRAM = "from mezzotint.crash_points import reached; reached('blob: made'); reached('blob: written'); print('lived')"


def run(folder: Path | None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != crash_points.FOLDER}
    if folder is not None:
        environment[crash_points.FOLDER] = str(folder)
    return subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)


def test_every_point_is_somewhere_in_the_program_and_no_other_is() -> None:
    used = {point for file in SOURCE.rglob("*.py") for point in re.findall(r'reached\("([^"]+)"\)', file.read_text())}

    assert used == set(crash_points.POINTS)


def test_a_point_that_is_armed_kills_the_first_process_that_reaches_it(tmp_path: Path) -> None:
    (tmp_path / "blob: written").touch()

    first, second = run(tmp_path), run(tmp_path)

    assert (first.returncode, first.stdout) == (-signal.SIGKILL, "")
    assert (second.returncode, second.stdout) == (0, "lived\n")


def test_in_production_nothing_happens_at_one() -> None:
    assert run(None).stdout == "lived\n"
    assert crash_points.reached is crash_points._nothing
