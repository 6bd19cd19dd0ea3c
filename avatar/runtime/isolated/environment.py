"""What a script's process is started with: uv, and the few variables that it may see."""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from avatar.errors import EngineError

SCRIPTS_FOLDER = Path(__file__).parent / "scripts"

# Where programs and certificates are, how text is written, and which GPU may be used: no credential, no bucket, no key.
_INHERITED_VARIABLES = ("LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES")
_OFFLINE_VARIABLES = {
    "DO_NOT_TRACK": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "UV_OFFLINE": "1",
    "UV_PYTHON_DOWNLOADS": "never",
}


def build_command(script: Path) -> list[str]:
    """Return the command that runs *script* in the environment that its head declares.

    Raises:
        EngineError: code ``isolated.no-uv``.
    """
    return [find_uv(), "run", "--quiet", "--no-project", "--script", str(script)]


def find_uv() -> str:
    """Return where uv is: beside this Python, or on the path.

    Raises:
        EngineError: code ``isolated.no-uv``.
    """
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.is_file() else shutil.which("uv")
    if found is None:
        raise EngineError(
            "this engine runs in an environment of its own, which uv makes, and uv is not installed; "
            "run: pip install uv",
            code="isolated.no-uv",
        )
    return found


def build_environment(room: Path, given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables of a process whose home and temporary folder is *room*."""
    home = Path(given.get("HOME") or Path.home())
    own = {
        "HOME": str(room),
        "TMPDIR": str(room),
        # Last, so that uv finds a Python where there is no other.
        "PATH": os.pathsep.join((given.get("PATH", os.defpath), str(Path(sys.executable).parent))),
        "OMP_NUM_THREADS": "1",  # the same sums in the same order
        "PYTHONPATH": str(SCRIPTS_FOLDER),  # where isolated_worker is found
        "PYTHONUNBUFFERED": "1",
        "UV_CACHE_DIR": given.get("UV_CACHE_DIR") or str(Path(given.get("XDG_CACHE_HOME") or home / ".cache") / "uv"),
        "UV_PYTHON_INSTALL_DIR": given.get("UV_PYTHON_INSTALL_DIR")
        or str(Path(given.get("XDG_DATA_HOME") or home / ".local" / "share") / "uv" / "python"),
    }
    return {name: given[name] for name in _INHERITED_VARIABLES if name in given} | _OFFLINE_VARIABLES | own
