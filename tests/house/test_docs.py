"""The documentation is made from the code, and its site needs no network."""

import importlib
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from avatar.app.settings import Settings
from tools.reference import families, pages, reason_codes

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GLOSSARY = (DOCS / "glossary.md").read_text()


@pytest.fixture(scope="module")
def reference():
    return pages.pages()


@pytest.mark.slow
def test_generated_pages_are_those_of_the_code(reference):
    stale = [name for name, text in reference.items() if (DOCS / name).read_text() != text]

    assert not stale, f"run python -m tools.reference: {', '.join(stale)} differ from the code"


def test_every_setting_is_explained():
    text = (DOCS / "reference" / "settings.md").read_text()
    named = set(re.findall(r"`(AVATAR_\w+)`", text))
    read = set()
    for path in (ROOT / "avatar").rglob("*.py"):
        read |= {each for each in re.findall(r"AVATAR_[A-Z_]+[A-Z]", path.read_text()) if not each.endswith("RETAIN")}

    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
    assert {f"AVATAR_{name.upper()}" for name in Settings.model_fields} <= named
    assert read <= named


@pytest.fixture(scope="module")
def codes():
    return reason_codes.collect(ROOT)


def test_every_reason_code_has_a_line_and_its_family_an_advice(codes):
    text = (DOCS / "reference" / "reason-codes.md").read_text()

    assert len(codes) > 300
    assert [code for code in codes if f"- `{code}`" not in text] == []
    assert {code.partition(".")[0] for code in codes} == set(families.FAMILIES)


def test_codes_in_the_source_are_all_collected(codes):
    literal = set()
    for path in (ROOT / "avatar").rglob("*.py"):
        literal |= set(re.findall(r'code="([a-z-]+\.[a-z0-9-]+)"', path.read_text()))

    assert literal <= set(codes)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(avatar\.[\w.]+)`", GLOSSARY))))
def test_every_word_of_the_glossary_is_a_public_name_of_the_code(name):
    module, _, attribute = name.rpartition(".")

    assert not attribute.startswith("_")
    assert hasattr(importlib.import_module(module), attribute)


def test_words_of_the_glossary_are_in_order_and_there_once():
    for table in GLOSSARY.split("## ")[1:3]:
        words = [line.split("|")[1].strip().lower() for line in table.splitlines() if line.startswith("| ")][1:]

        assert words == sorted(set(words))


class _Loaded(HTMLParser):
    """Collects what a page loads when it is opened."""

    def __init__(self):
        super().__init__()
        self.addresses = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag in ("script", "img", "iframe", "source"):
            self.addresses.append(given.get("src") or "")
        if tag == "link" and given.get("rel") in ("stylesheet", "preload", "preconnect", "icon"):
            self.addresses.append(given.get("href") or "")


@pytest.mark.slow
def test_the_site_is_built_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path):
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", tmp_path / "site"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    loaded = _Loaded()
    for page in (tmp_path / "site").rglob("*.html"):
        loaded.feed(page.read_text())

    assert built.returncode == 0, built.stdout + built.stderr
    assert loaded.addresses
    assert [each for each in loaded.addresses if re.match(r"(?:https?:)?//", each)] == []
