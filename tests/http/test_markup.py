"""HTML out of Python: nothing that is shown can become more than text."""

from __future__ import annotations

import pytest

from mezzotint.http.markup import Html, document, element, joined, prose
from tests.webpages import Reader

NASTY = """<script>alert('x')</script> & "quoted" </p>"""


def test_an_element_is_written_as_it_is_read() -> None:
    assert element("a", "docs & errors", href="/docs") == '<a href="/docs">docs &amp; errors</a>'


def test_texts_and_attributes_are_escaped() -> None:
    told = element("p", NASTY, title=NASTY)

    read = Reader(document(element("meta", name="x"), element("body", told), title=NASTY))

    assert read.all("p") == [{"title": NASTY}]
    assert read.all("script") == []
    assert read.texts.count(NASTY) == 2


def test_what_is_html_already_is_taken_as_it_is() -> None:
    assert element("p", element("b", "<"), Html("<br>"), "<") == "<p><b>&lt;</b><br>&lt;</p>"


def test_pieces_of_html_do_not_make_other_text_html() -> None:
    added = element("b", "x") + "<i>"

    assert type(added) is str
    assert joined(added) == "&lt;b&gt;x&lt;/b&gt;&lt;i&gt;"


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ({"class_": "a"}, '<p class="a"></p>'),
        ({"aria_label": "a"}, '<p aria-label="a"></p>'),
        ({"hidden": True}, "<p hidden></p>"),
        ({"hidden": False, "title": None}, "<p></p>"),
        ({"title": ""}, '<p title=""></p>'),
    ],
)
def test_attributes_are_python_names(attributes: dict[str, str | bool | None], told: str) -> None:
    assert element("p", **attributes) == told


def test_nothing_and_lists_may_be_inside() -> None:
    assert element("ul", None, [element("li", "a"), None, ["<"]]) == "<ul><li>a</li>&lt;</ul>"


def test_some_elements_hold_nothing() -> None:
    assert element("meta", charset="utf-8") == '<meta charset="utf-8">'


def test_code_in_a_sentence_is_marked_and_escaped_like_the_rest() -> None:
    assert prose("see `a <b>` & c") == "see <code>a &lt;b&gt;</code> &amp; c"
