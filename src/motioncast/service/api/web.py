"""The pages: playground at `/`, API reference at `/docs`, guide at `/guide/`, and the files they are made of.

Everything comes from the installed package; nothing is loaded from other hosts, and the content security policy says so
to the browser.
"""

import base64
import gzip
import hashlib
import mimetypes
import re
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi import Path as PathParameter
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from motioncast.service.api.envelope import ApiError

_ROOT = Path(str(files("motioncast") / "web"))
_POLICY = (
    "default-src 'none'; script-src 'self'{scripts}; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Cache-Control": "no-cache",  # asked for again, answered by 304: an upgrade shows at once
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_TYPES = {".js": "text/javascript", ".webmanifest": "application/manifest+json", ".woff2": "font/woff2"}
_TEXT = {"image/svg+xml", "application/json", "application/manifest+json"}
_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
_NO_GUIDE = "The guide was not built into this installation: `make docs` builds it."
_METHODS = ["GET", "HEAD"]
router = APIRouter(include_in_schema=False)


@router.api_route("/", methods=_METHODS)
async def playground(request: Request) -> Response:
    """The playground."""
    return await _page(request, "index.html")


@router.api_route("/docs", methods=_METHODS)
async def reference(request: Request) -> Response:
    """The interactive API reference."""
    return await _page(request, "docs.html")


@router.api_route("/guide", methods=_METHODS)
async def to_guide() -> Response:
    """Relative links of the guide need the slash."""
    return RedirectResponse("/guide/", 308)


@router.api_route("/guide/{name:path}", methods=_METHODS)
async def guide(request: Request, name: Annotated[str, PathParameter(max_length=300)]) -> Response:
    """A page or file of the guide."""
    if not (_ROOT / "guide" / "index.html").is_file():
        raise ApiError(404, _NO_GUIDE)
    return await _page(request, f"guide/{name}" if name and not name.endswith("/") else f"guide/{name}index.html")


@router.api_route("/web/{name:path}", methods=_METHODS)
async def asset(request: Request, name: Annotated[str, PathParameter(max_length=300)]) -> Response:
    """A script, style or picture of the pages."""
    return await _page(request, name)


async def _page(request: Request, name: str) -> Response:
    found = await run_in_threadpool(_read, name)
    if found is None:
        raise ApiError(404, "There is no such page.")
    body, small, mime, etag = found
    headers = _HEADERS | {"ETag": etag, "Vary": "Accept-Encoding"}
    if mime == "text/html":
        headers["Content-Security-Policy"] = _POLICY.format(scripts=_hashes(body))
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if small is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(small, headers=headers | {"Content-Encoding": "gzip"}, media_type=mime)
    return Response(body, headers=headers, media_type=mime)


def _read(name: str) -> "tuple[bytes, bytes | None, str, str] | None":
    """(bytes, the same compressed if that is worth it, type, entity tag) of a file below the folder of pages."""
    if "\0" in name:
        return None
    try:
        path = (_ROOT / name).resolve()
        if not path.is_relative_to(_ROOT.resolve()) or path.suffix == ".py":
            return None
        return _packed(path, path.stat().st_mtime_ns)
    except OSError:  # not there, a folder, or a name too long for one
        return None


@lru_cache(maxsize=512)
def _packed(path: Path, _changed_at: int) -> tuple[bytes, bytes | None, str, str]:
    body = path.read_bytes()
    mime = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    small = gzip.compress(body, 9, mtime=0) if mime.startswith("text/") or mime in _TEXT else None
    return body, small, mime, f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'


@lru_cache(maxsize=256)
def _hashes(page: bytes) -> str:
    """Sources for `script-src` that allow the page's own inline scripts (the guide's theme has some) and no others."""
    digests = (hashlib.sha256(script).digest() for script in _INLINE_SCRIPT.findall(page) if script.strip())
    return "".join(f" 'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
