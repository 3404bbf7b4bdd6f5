"""The extractor on what is easily misread, and the pages' fences, as far as they can be judged unrun."""

import pytest

from tests.docs.snippets import Snippet, code_of, english, extract, pages, snippets_of


def read(text: str) -> list[Snippet]:
    return extract(text, "page.md")


def test_lines_and_languages():
    found = read("# A\n\n```bash\none\ntwo\n```\n\n~~~js title\nthree\n~~~\n")
    assert found == [
        Snippet("page.md", 4, "bash", "", "one\ntwo\n"),
        Snippet("page.md", 9, "js", "", "three\n"),
    ]


def test_a_directive_belongs_to_the_next_line_only():
    near, far = "<!-- run: wan -->\n```bash\na\n```\n", "<!-- run: wan -->\n\n```bash\na\n```\n"
    assert [(found.directive, found.line, found.fault) for found in read(near)] == [("wan", 3, None)]
    lost, plain = read(far)
    assert lost.fault == "page.md:1: the directive wan is not on the line before a fence."
    assert plain.directive == ""


def test_fences_in_lists_and_quotes_are_found_without_their_indentation():
    found = read("1. do\n\n   <!-- run: checkout -->\n   ```bash\n   make x\n   ```\n\n> ```json\n> {}\n> ```\n")
    assert [(each.line, each.directive, each.code) for each in found] == [(5, "checkout", "make x\n"), (9, "", "{}\n")]


def test_a_fence_that_shows_a_fence_is_one():
    (found,) = read("````text\n```bash\nrm\n```\n````\n")
    assert (found.language, found.code) == ("text", "```bash\nrm\n```\n")


def test_inline_code_comments_and_sphinx_fences_are_none():
    assert read("Say ```bash now``` or <!-- run: wan --> now.\n\n<!-- note -->\n\n```{toctree}\na\n```\n") == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("```\na\n```", "no language"),
        ("word\n\n    make x\n", "no language"),
        ("```sh\na\n```", "sh is no language"),
        ("```{code-block} bash\na\n```", "is no language"),
        ("<!-- run: never -->\n```bash\na\n```", "no directive never"),
        ("<!-- run: webhook -->\n```bash\na\n```", "webhook is not for bash"),
    ],
)
def test_faults(text, fault):
    (found,) = read(text)
    assert fault in (found.fault or "")


def test_every_fence_and_directive_is_of_the_contract():
    assert [snippet.fault for page in pages() for snippet in snippets_of(page) if snippet.fault] == []


@pytest.mark.parametrize("page", [page for page in pages() if english(page)])
def test_the_chinese_page_has_the_same_code(page):
    assert code_of(page) == code_of(english(page))
