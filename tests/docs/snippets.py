"""What the pages of the documentation hold to be run: their fences, with line numbers and directives.

The contract between a page and its test. A fence has one of these languages:

- `bash`: commands. Those of a page run in its order, in one session of bash with `set -euo pipefail`.
- `python`, `js`: whole scripts, each run alone; the exit status is 0. JavaScript is a module (`.mjs`). Python has
  Motioncast if the script imports it, the official client if it imports `wavespeed`, otherwise nothing but the
  standard library.
- `json`, `toml`, `yaml`: parsed. `toml` is a settings file and must be accepted as one, every key of it.
- `http`, `text`, `ini`, `nginx`: looked at only.

The code of `docs/zh/X.md` is that of `docs/X.md`, where that exists; it runs once, there.

The folder in which they run holds `me.png`, a picture with a person, `dance.mp4`, a short clip, and `.venv/bin`; a
server runs. `http://127.0.0.1:8000` becomes its address, `mc-…` a key of it, which is in `$KEY` too; commands such as
`motioncast keys` reach its data. A page that has a package imported says how to install it, in the tested version.

A comment on the line before the fence says that it is run in another way:

- `<!-- run: background -->`: one `motioncast serve`; it must come up, on a free port and (unless the command names one)
  with a data directory of its own, and is stopped then.
- `<!-- run: wan -->`: needs the wan extra. `MOTIONCAST_WAN_MODEL`, and the hub id of the checkpoint, become a tiny one.
- `<!-- run: docker -->`: needs a Docker engine; runs in the checkout.
- `<!-- run: checkout -->`: runs in a clone. CI runs these commands itself, so only their names are checked: targets of
  the Makefile, or lines of `.ci/run`, or programs of the repository.
- `<!-- run: continues -->`: Python that goes on where the page's Python block before it ended.
- `<!-- run: webhook -->`: a receiver that listens on the port that it names and has its secret from
  `WEBHOOK_SECRET`. It must answer 2xx to a delivery, and something else to a copy whose body was changed.
- `<!-- run: wavespeed-cli -->`: bash with the official command line client, its key in `WAVESPEED_API_KEY`.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]

LANGUAGES = ("bash", "python", "js", "json", "toml", "yaml", "http", "text", "ini", "nginx")
#: the languages that each directive is for
DIRECTIVES = {
    "background": ("bash",),
    "wan": ("bash",),
    "docker": ("bash",),
    "checkout": ("bash",),
    "continues": ("python",),
    "webhook": ("python", "js"),
    "wavespeed-cli": ("bash",),
}
#: what Sphinx makes of a fence: it checks these itself
SPHINX = ("{toctree}", "{include}", "{raw}")

_COMMENT = re.compile(r"<!--\s*run:\s*(.*?)\s*-->\s*")


@dataclass(frozen=True)
class Snippet:
    """A fence of a page. `line` is that of its first line of code."""

    page: str
    line: int
    language: str
    directive: str
    code: str

    @property
    def where(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def fault(self) -> str | None:
        """What of it is not in the contract."""
        if not self.language:
            lost = f"the directive {self.directive} is not on the line before a fence"
            return f"{self.where}: {lost if self.directive else 'this block has no language'}."
        if self.language not in LANGUAGES:
            return f"{self.where}: {self.language} is no language of the contract: {', '.join(LANGUAGES)}."
        if self.directive and self.directive not in DIRECTIVES:
            return f"{self.where}: there is no directive {self.directive}, only {', '.join(DIRECTIVES)}."
        if self.directive and self.language not in DIRECTIVES[self.directive]:
            return f"{self.where}: {self.directive} is not for {self.language}."
        return None


def pages() -> list[str]:
    """Every page that is read by people, as a path in the repository."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [path.relative_to(ROOT).as_posix() for path in found]


def snippets_of(page: str) -> list[Snippet]:
    """The fences of a page of the repository."""
    return extract((ROOT / page).read_text(encoding="utf-8"), page)


def english(page: str) -> str | None:
    """The English page that a Chinese one translates."""
    other = page.replace("docs/zh/", "docs/")
    return other if other != page and (ROOT / other).exists() else None


def code_of(page: str) -> list[tuple[str, str, str]]:
    """Language, directive and code of every fence."""
    return [(each.language, each.directive, each.code) for each in snippets_of(page)]


def extract(text: str, page: str) -> list[Snippet]:
    """The fences of a page's text, in order, but for Sphinx's own. A lost directive counts as one."""
    tokens = MarkdownIt("commonmark").parse(text)
    found = []
    for before, token, after in zip([None, *tokens], tokens, [*tokens[1:], None], strict=False):
        first = token.map[0] + 1 if token.map else 0
        if token.type == "fence" and not token.info.startswith(SPHINX):
            language = token.info.split()[0] if token.info.strip() else ""
            found.append(Snippet(page, first + 1, language, _directive(before, token), token.content))
        elif token.type == "code_block":
            found.append(Snippet(page, first, "", "", token.content))
        elif (lost := _COMMENT.fullmatch(token.content)) and not (after and _directive(token, after)):
            found.append(Snippet(page, first, "", lost[1], ""))
    return found


def _directive(before: Token | None, token: Token) -> str:
    """What the comment on the line before a fence says."""
    if before is None or before.type != "html_block" or token.type != "fence":
        return ""
    comment = _COMMENT.fullmatch(before.content)
    adjacent = before.map and token.map and before.map[1] == token.map[0]
    return comment[1] if comment and adjacent else ""
