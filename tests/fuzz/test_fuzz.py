import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

SECONDS = int(os.environ.get("FUZZ_SECONDS", "600"))
ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is missing: pip install .[slow]")
def test_nothing_is_found_in_ten_minutes(tmp_path):
    command = [sys.executable, "-m", "tests.fuzz.formulas", tmp_path / "corpus"]
    limits = [f"-max_total_time={SECONDS}", "-timeout=5", f"-artifact_prefix={tmp_path}/"]
    ran = subprocess.run(
        [*command, *limits], cwd=ROOT, capture_output=True, text=True, errors="replace"
    )
    assert ran.returncode == 0, ran.stderr[-4_000:]
    runs = re.search(r"Done (\d+) runs", ran.stderr)
    assert runs is not None
    print(f"{runs[1]} inputs, {len(list((tmp_path / 'corpus').iterdir()))} of them kept")
