"""Sphinx: the guide in English, or with `-t zh` the one in Chinese, whose sources are in docs/zh."""

import os
import re
import sys
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from chinese_search import ChineseSearch  # beside this file
from sphinx.locale import _
from sphinx.search import languages

_DOCS = Path(__file__).parent
_CHINESE = tags.has("zh")  # noqa: F821  # Sphinx gives the name to this file
_PROJECT = tomllib.loads((_DOCS.parent / "pyproject.toml").read_text())["project"]

project = "Motioncast"
version = release = _PROJECT["version"]
language = "zh_CN" if _CHINESE else "en"
html_title = "Motioncast 指南" if _CHINESE else "Motioncast guide"
exclude_patterns = [] if _CHINESE else ["zh/**", "_*/**"]

extensions = ["myst_parser", "sphinx_copybutton"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
myst_url_schemes = {"http": None, "https": None, "en": {"url": "../{{path}}.html"}}
highlight_language = "none"
languages["zh"] = ChineseSearch

html_theme = "furo"
html_theme_options = {
    "sidebar_hide_name": False,
    "top_of_page_buttons": [],
    "announcement": "-",  # the bar on top: _templates/page.html
}
templates_path = ["_templates"]
html_static_path = ["_static"]
html_css_files = ["motioncast.css"]
# before Sphinx's own translations
html_js_files = [("chinese-plural.js", {"priority": 400})] if _CHINESE else []
html_logo = html_favicon = "_static/logo.svg"
html_show_copyright = html_show_sourcelink = html_copy_source = html_use_index = False
pygments_style, pygments_dark_style = "default", "github-dark"
copybutton_exclude = ".linenos, .gp, .go"


#: words of the theme for which it has no Chinese
_WORDS = {
    "Back to top": "回到顶部",
    "Home": "首页",
    "Next": "下一页",
    "On this page": "本页内容",
    "Previous": "上一页",
    "Skip to content": "跳到正文",
}


def _add_languages(app, pagename, templatename, context, doctree):
    """Tell the page template where the same page is in the other language, and whether it is there at all."""
    other = _DOCS / ("" if _CHINESE else "zh") / f"{pagename}.md"
    page = f"{pagename}.html" if other.exists() else "index.html"
    here = "zh/" if _CHINESE else ""
    target = page if _CHINESE else f"zh/{page}"
    context["other_language"] = os.path.relpath(target, start=Path(f"{here}{pagename}").parent)
    context["chinese"] = _CHINESE
    if _CHINESE:
        context["gettext"] = lambda text: _WORDS.get(text.strip()) or _(text)


def _link_english(app, docname, source):
    """Links of a Chinese page to an English one: paths of files for who reads the repository, addresses in the site."""
    source[0] = re.sub(r"\]\(\.\./([\w/-]+)\.md\)", r"](en:\1)", source[0])


def setup(app):
    """Sphinx calls it."""
    if _CHINESE:
        app.connect("source-read", _link_english)
    app.connect("html-page-context", _add_languages)
