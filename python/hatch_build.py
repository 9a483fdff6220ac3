"""Put the built web page into the wheel."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebAssetsHook(BuildHookInterface):
    """Carry web/dist as kerasport/_web; an editable install reads web/dist itself."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the built page to a wheel, and refuse to build a wheel without it."""
        # A table in pyproject.toml would also apply to editable installs, which are made before
        # there is a build of the web side.
        if version == "editable":
            return
        assets = Path(self.root, "web", "dist")
        if not assets.is_dir():
            raise FileNotFoundError(
                "The wheel carries the built web page, expected in web/dist, "
                "and that folder does not exist. Run 'make web' first."
            )
        for path in assets.rglob("*"):
            # The Makefile's stamp lies there too.
            if path.is_file() and not path.name.startswith("."):
                target = Path("kerasport", "_web", path.relative_to(assets))
                build_data["force_include"][str(path)] = target.as_posix()
