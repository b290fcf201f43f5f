"""The engine child's program: `python -m mezzotint.cli.engine_process`. Started by a worker, not by people."""

from __future__ import annotations

import os

if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded: its threads only get in the engine's way
    from mezzotint.logs import configure_logs
    from mezzotint.settings import read_settings
    from mezzotint.wiring.adapters import run_engine_child

    settings = read_settings()
    configure_logs(settings.log_level, settings.log_format)  # for what libraries have to say of the pictures that they read
    run_engine_child(settings)
