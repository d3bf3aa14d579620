"""The files pages bring along: complete, small, unchanged since they were vendored, and safe to keep for ever."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from base64 import b64encode
from pathlib import Path

import pytest

from app.core.web.assets import BODY_SCRIPT, BODY_SCRIPT_CSP, Assets

ROOT = Path(__file__).resolve().parents[4]
STATIC = ROOT / "app" / "static"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


@pytest.fixture(scope="module")
def assets() -> Assets:
    return Assets(STATIC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "css").mkdir()
    (tmp_path / "css" / "site.css").write_text('/* why */\n@import "colours.css";\na { color: red }\n')
    (tmp_path / "css" / "colours.css").write_text("/*! kept */\nb { color: blue }\n")
    (tmp_path / "notes.secret").write_text("not for readers")
    return tmp_path


def test_a_page_finds_a_file_by_its_name(assets: Assets) -> None:
    url = assets.url("css/townsquare.css")
    file = assets.find(url)
    assert re.fullmatch(r"/static/[0-9a-f]{8}/css/townsquare\.css", url)
    assert file is not None
    assert file.content_type == "text/css; charset=utf-8"
    assert file.cache_control == "public, max-age=31536000, immutable"


def test_the_compressed_bytes_are_the_same_file(assets: Assets) -> None:
    for name in assets:
        file = assets.find(assets.url(name))
        assert file is not None
        assert file.zipped is None or gzip.decompress(file.zipped) == file.body
        assert file.etag != file.zipped_etag


def test_an_address_of_another_version_is_answered_for_a_minute(assets: Assets) -> None:
    file = assets.find("/static/00000000/js/townsquare.js")
    assert file is not None
    assert file.cache_control == "public, max-age=60"


def test_a_misspelt_name_fails_when_the_page_is_made(assets: Assets) -> None:
    with pytest.raises(LookupError, match=r"css/towsquare\.css"):
        assets.url("css/towsquare.css")


@pytest.mark.parametrize(
    "path",
    [
        "/static/{version}/../core/settings.py",
        "/static/{version}/css/../css/townsquare.css",
        "/static/{version}//css/townsquare.css",
        "/static/{version}/vendor/manifest.json",
        "/static/{version}/css",
        "/static/{version}/",
        "/static/css/townsquare.css",
        "/static/",
        "",
    ],
)
def test_nothing_but_known_files_is_found(assets: Assets, path: str) -> None:
    assert assets.find(path.format(version=assets.version)) is None


def test_files_of_unknown_kind_stay_at_home(folder: Path) -> None:
    assert list(Assets(folder)) == ["css/colours.css", "css/site.css"]


def test_a_stylesheet_arrives_in_one_piece_without_its_comments(folder: Path) -> None:
    assets = Assets(folder)
    file = assets.find(assets.url("css/site.css"))
    assert file is not None
    assert file.body.decode() == "/*! kept */\nb { color: blue }\n\na { color: red }\n"


def test_a_stylesheet_cannot_reach_outside(folder: Path) -> None:
    (folder / "css" / "site.css").write_text('@import "../../secret.css";\n')
    with pytest.raises(LookupError, match="outside"):
        Assets(folder)


def test_a_change_of_any_file_changes_every_address(folder: Path) -> None:
    before = Assets(folder).url("css/site.css")
    assert Assets(folder).url("css/site.css") == before
    (folder / "css" / "colours.css").write_text("b { color: green }\n")
    assert Assets(folder).url("css/site.css") != before


def test_the_policy_names_the_inline_script_and_no_other() -> None:
    digest = b64encode(hashlib.sha256(str(BODY_SCRIPT).encode()).digest()).decode()
    assert f"'sha256-{digest}'" == BODY_SCRIPT_CSP


def test_vendored_files_are_what_the_manifest_says() -> None:
    vendor = STATIC / "vendor"
    packages = json.loads((vendor / "manifest.json").read_text())
    expected = {name: digest for package in packages for name, digest in package["sha384"].items()}
    found = {
        path.relative_to(vendor).as_posix(): b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()
        for path in vendor.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert found == expected
    for package in packages:
        assert package["licence"]
        assert f"{package['name']}-{package['version']}/LICENSE.txt" in expected


def test_the_manifest_follows_the_pinned_packages() -> None:
    pinned = json.loads((ROOT / "deploy" / "assets" / "package.json").read_text())["devDependencies"]
    for package in json.loads((STATIC / "vendor" / "manifest.json").read_text()):
        assert pinned[package["name"]] == package["version"]


def test_the_look_borrows_no_national_emblem_and_no_font() -> None:
    css = (STATIC / "vendor" / "govuk-frontend-6.3.0" / "govuk-frontend.min.css").read_text()
    assert not re.search(r"GDS Transport|@font-face|crown|crest|url\(", css)


def _luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_theme_can_be_read_by_weak_eyes() -> None:
    screen = (STATIC / "css" / "theme.css").read_text().split("@media")[0]
    theme = dict(re.findall(r"--([\w-]+)-colour: (#[0-9a-f]{6});", screen))
    white = theme["govuk-body-background"]
    for surface in (white, theme["govuk-surface-background"], theme["ts-notice-background"]):
        for ink in ("text", "secondary-text", "link", "link-visited", "link-hover"):
            assert _contrast(theme[f"govuk-{ink}"], surface) >= 4.5
    for ground in ("govuk-brand", "govuk-error", "govuk-success", "ts-button", "ts-button-hover"):
        assert _contrast("#ffffff", theme[ground]) >= 4.5
    assert _contrast(theme["govuk-focus-text"], theme["govuk-focus"]) >= 4.5
    assert _contrast(theme["govuk-input-border"], white) >= 3
    assert _contrast(theme["ts-bar"], theme["ts-bar-background"]) >= 3


def test_styles_and_scripts_stay_within_their_budget(assets: Assets) -> None:
    def zipped(*names: str) -> int:
        files = [assets.find(assets.url(name)) for name in names]
        return sum(len(file.zipped or file.body) for file in files if file is not None)

    assert zipped("css/townsquare.css") <= 20_000
    assert zipped("js/townsquare.js", "vendor/govuk-frontend-6.3.0/govuk-frontend.min.js") <= 25_000


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.relative_to(ROOT / "templates").as_posix())
def test_pages_keep_to_the_content_policy(template: Path) -> None:
    """No inline style, script or event attribute: the browser would refuse it, silently for the reader."""
    text = template.read_text(encoding="utf-8")
    if template.match("opendata/embed.html"):  # its style is a file of ours, named by its digest in its own policy
        text = text.replace("<style>{{ style }}</style>", "", 1)
    assert not re.search(r"<style\b|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:", text)
    for tag in re.findall(r"<script\b[^>]*>(?:\{\{ body_script \}\})?", text):
        assert " src=" in tag or tag == "<script>{{ body_script }}"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.relative_to(ROOT / "templates").as_posix())
def test_pages_name_only_files_that_exist(template: Path, assets: Assets) -> None:
    for name in re.findall(r"asset\(['\"]([^'\"]+)['\"]\)", template.read_text(encoding="utf-8")):
        assert assets.url(name)
