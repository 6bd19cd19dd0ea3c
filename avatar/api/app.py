"""The application: which page answers where."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles

from avatar.api import comeback, performer, statuses, you
from avatar.api.guard import Application, Guard
from avatar.api.site import HERE, Site, refusal
from avatar.errors import AvatarError, InputError

_ROUTES = (
    ("GET", "/", performer.home),
    ("GET", "/c/{token}", performer.link),
    ("POST", "/c/{token}", performer.open_link),
    ("GET", "/consent", performer.notice),
    ("POST", "/consent/begin", performer.begin),
    ("POST", "/consent/decline", performer.decline),
    ("POST", "/consent/again", performer.again),
    ("GET", "/consent/record", performer.record),
    ("POST", "/consent/recording", performer.recording),
    ("GET", "/consent/checks", performer.results),
    ("GET", "/you", you.overview),
    ("POST", "/you/narrow", you.narrow),
    ("POST", "/you/reconfirm", you.reconfirm),
    ("GET", "/you/withdraw", you.ask_withdrawal),
    ("POST", "/you/withdraw", you.withdraw),
    ("GET", "/you/receipt", you.own_receipts),
    ("GET", "/you/receipts/{digest}.json", you.own_receipt),
    ("POST", "/you/key", you.key),
    ("POST", "/leave", performer.leave),
    ("GET", "/return", comeback.door),
    ("POST", "/return/question", comeback.question),
    ("POST", "/return", comeback.come_in),
    ("GET", "/status", statuses.choose),
    ("GET", "/status/{file}.json", statuses.status_json),
    ("GET", "/status/{file}", statuses.status_page),
)


def build(site: Site) -> Application:
    """Return the application that serves the pages of *site*."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)  # pages are for people: there is nothing to explore
    app.state.site = site
    for method, path, answer in _ROUTES:
        app.add_api_route(path, answer, methods=[method], response_model=None)
    app.mount("/static", StaticFiles(directory=HERE / "static"))
    for wrong in (AvatarError, Exception):
        app.add_exception_handler(wrong, _explained)
    for nowhere in (404, 405, RequestValidationError):
        app.add_exception_handler(nowhere, _missing)
    return Guard(app, site.address, lambda request, error: _explained_to(app, request, error))


async def _explained(request: Request, error: Exception) -> Response:
    return refusal(request, error)


async def _missing(request: Request, _: Exception) -> Response:
    return refusal(request, InputError("there is no such page; check the address", code="page.missing"))


def _explained_to(app: FastAPI, request: Request, error: Exception) -> Response:
    request.scope["app"] = app  # what stopped it did so before the application saw it
    return refusal(request, error)
