"""A page with a model in it: a folder to host or to double-click, or one file to send by mail.

The folder holds the page as it is built, with its scripts beside it, and what tells an installed
page whether all of it is of one version. The single file holds all of it inline. Its
Content-Security-Policy allows exactly the scripts and the style that stand in it, by their SHA-256,
and no connection at all.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
import shutil
from pathlib import Path

from kerasport.assets import web_asset
from kerasport.bundle import MODEL_SCRIPT, PARITY_FILE, Bundle
from kerasport.bundle.script import embed_inline
from kerasport.errors import BundleError
from kerasport.files import check_place, put_back, replaced_folder, to_json, write_text

__all__ = ["file_name_of", "write_single_file", "write_site"]

_PAGE = "page/index.html"
_SCRIPTS = ("demo.js", "kerasport.iife.js")
_STYLE = "demo.css"
_LICENSES = "kerasport-licenses.txt"
_MARK = "index.html"
_LISTING = "page-files.json"
"""SHA-256 of every file that the page loads, for its service worker."""


def write_site(bundle: Bundle, out: str | Path, *, force: bool = False) -> Path:
    """Write the page with `bundle` as a folder that can be hosted, or opened by double-click.

    Args:
        bundle: the exported model.
        out: the folder to write; it appears whole or not at all. Of the bundle it has what
            metadata.json lists, `model.js` written anew, and what was measured on it.
        force: replace a folder that holds a page already.

    Returns:
        The page in it, `index.html`.

    Raises:
        BundleError: `out` exists, or is not a page that could be replaced.
        BrowserError: the web side was not built.
    """
    out = Path(out)
    _check_target(out, force=force)
    page = web_asset(_PAGE).parent
    assets = web_asset(_STYLE).parent
    with replaced_folder(out) as fresh:
        # Another command may have put a page there while this one waited for its turn.
        _check_target(out, force=force)
        shutil.copytree(page, fresh, dirs_exist_ok=True)
        (fresh / "dist").mkdir()
        for name in (_STYLE, _LICENSES, *_SCRIPTS, *_extra_scripts(assets)):
            shutil.copyfile(web_asset(name), fresh / "dist" / name)
        _write_bundle(bundle, fresh / "model")
        text = (fresh / _MARK).read_text(encoding="utf-8")
        write_text(fresh / _MARK, _named(text, bundle.metadata.name))
        write_text(fresh / _LISTING, to_json(_hashes(fresh)))
    return out / _MARK


def _hashes(site: Path) -> dict[str, str]:
    """Return path -> SHA-256 of what the page loads; of the bundle that is its script alone."""
    loaded = [
        site / _MARK,
        *site.glob("*.webmanifest"),
        *(site / "icons").iterdir(),
        *(path for path in (site / "dist").iterdir() if path.name != _LICENSES),
        site / "model" / MODEL_SCRIPT,
    ]
    return {
        path.relative_to(site).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(loaded)
    }


def _write_bundle(bundle: Bundle, folder: Path) -> None:
    """Write the files that a bundle lists, and its script anew: nothing else that lies beside."""
    for name in bundle.names():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(bundle.path / name, file)
    with (folder / MODEL_SCRIPT).open("wb") as script:
        script.writelines(bundle.script_parts())
    # A certificate is a page of its own, which anybody may have put there: verify writes one.
    parity = bundle.parity()
    if parity is not None and bundle.is_measured_by(parity):
        # An earlier version wrote the same files into another script.
        own = parity.model_copy(update={"integrity": bundle.written_integrity})
        write_text(folder / PARITY_FILE, own.to_json())


def write_single_file(bundle: Bundle, out: str | Path, *, force: bool = False) -> Path:
    """Write the page with `bundle` and everything it needs as one HTML file.

    Args:
        bundle: the exported model.
        out: the file to write.
        force: replace a file that is there already.

    Raises:
        BundleError: `out` exists.
        BrowserError: the web side was not built.
    """
    out = Path(out)
    if out.is_dir():
        raise BundleError(f"'{out}' is a folder. Expected the name of a file, like page.html.")
    if out.exists() and not force:
        raise BundleError(f"'{out}' is there already. Replace it with --force.")
    check_place(out, folder=False)
    assets = web_asset(_STYLE).parent
    style = _inline_style((assets / _STYLE).read_text(encoding="utf-8"))
    names = (*_SCRIPTS, *_extra_scripts(assets))
    scripts = [_inline_script((assets / name).read_text(encoding="utf-8")) for name in names]
    scripts.append(_bundle_script(bundle))
    page = _named(web_asset(_PAGE).read_text(encoding="utf-8"), bundle.metadata.name)
    page = re.sub(r'\n\s*<(link rel="stylesheet"|script) [^>]*>(</script>)?', "", page)
    policy = _policy(scripts, style)
    page = re.sub(
        r'(http-equiv="Content-Security-Policy"\s*content=")[^"]*',
        lambda found: found[1] + policy,
        page,
    )
    page = page.replace("</head>", f"  <style>{style}</style>\n  </head>", 1)
    # At the end of the body, which the first one fills: inline scripts know no defer.
    body = "\n".join(f"<script>{script}</script>" for script in scripts)
    page = page.replace("</body>", f"{body}\n  </body>", 1)
    write_text(out, page)
    return out


def _check_target(out: Path, *, force: bool) -> None:
    put_back(out)
    check_place(out)
    if out.is_dir() and any(out.iterdir()):
        if not force:
            raise BundleError(f"'{out}' is there already. Replace it with --force.")
        if not (out / _MARK).is_file():
            raise BundleError(
                f"'{out}' holds other files and no {_MARK}, so it is not replaced. "
                "Choose another folder with --out."
            )
    elif out.exists() and not out.is_dir():
        raise BundleError(f"'{out}' is a file. Expected a folder to write the page into.")


def file_name_of(bundle: Bundle, ending: str = ".html") -> str:
    """Return a name for a single file that every file system and mail program takes."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", bundle.metadata.name).strip(".-")
    return f"{stem or 'classifier'}{ending}"


def _extra_scripts(assets: Path) -> list[str]:
    """Return the scripts that the library loads only on some devices."""
    return sorted(path.name for path in assets.glob("kerasport-*.iife.js"))


def _named(page: str, name: str) -> str:
    """Return the page with the model's name as its title, which tabs and mail programs show."""
    return re.sub(r"<title>[^<]*</title>", lambda _: f"<title>{html.escape(name)}</title>", page)


def _policy(scripts: list[str], style: str) -> str:
    hashes = " ".join(_hash_source(script) for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes} 'wasm-unsafe-eval'; "
        f"style-src {_hash_source(style)}; img-src blob: data:; worker-src blob:; "
        "base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types kerasport"
    )


def _hash_source(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest())
    return f"'sha256-{digest.decode('ascii')}'"


def _inline_script(text: str) -> str:
    """Return a script that may stand in a page: nothing in it ends the element or is changed.

    The sequences are those of the HTML standard, "Restrictions for contents of script elements";
    each is written with an escape that means the same in the literals where alone they occur.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub(r"<(?=/script|script)", r"\\x3C", text, flags=re.IGNORECASE)
    return text.replace("<!--", r"\x3C!--").replace("\0", r"\0")


def _inline_style(text: str) -> str:
    if "</style" in text.lower():
        raise ValueError("the style sheet ends its own element")
    return text.replace("\r\n", "\n")


def _bundle_script(bundle: Bundle) -> str:
    """Return the bundle as a classic script in ASCII, which leaves what `model.js` leaves."""
    files = {path: (bundle.path / path).read_bytes() for path in bundle.names()}
    return embed_inline(bundle.metadata.name, bundle.metadata.format_version, files)
