"""Build hook: the guide goes into the package, where the server finds it."""

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_TOOLS = ["furo==2025.12.19", "myst-parser==5.2.0", "sphinx==9.0.4", "sphinx-copybutton==0.5.2"]


class GuideHook(BuildHookInterface):
    """Builds docs/ into src/motioncast/web/guide, unless it is there as the sources are now."""

    def dependencies(self) -> list[str]:
        """What the build needs: nothing where there is nothing to do, so that reinstalling stays quick."""
        return [] if self._script()["is_current"](self._target) else _TOOLS

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before each wheel, ordinary or editable."""
        script = self._script()
        if not script["is_current"](self._target):
            script["build"](self._target)

    @property
    def _target(self) -> Path:
        return Path(self.root, "src", "motioncast", "web", "guide")

    def _script(self) -> dict[str, Any]:
        path = Path(self.root, "docs", "build.py")
        if not path.exists():
            raise FileNotFoundError(
                "The folder docs/ is missing, from which the guide in the package is built: "
                "build from a full checkout or source distribution."
            )
        return runpy.run_path(str(path))
