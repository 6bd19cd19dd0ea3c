"""The portal application: its routes and error pages."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles

from avatar.errors import AvatarError, InputError
from avatar.portal import consent_flow, dashboard, key_login, status_pages
from avatar.portal.middleware import Application, SecurityMiddleware
from avatar.portal.site import PORTAL_FOLDER, PortalState, render_refusal

_ROUTES = (
    ("GET", "/", consent_flow.home),
    ("GET", "/c/{token}", consent_flow.link),
    ("POST", "/c/{token}", consent_flow.open_link),
    ("GET", "/consent", consent_flow.notice),
    ("POST", "/consent/begin", consent_flow.begin),
    ("POST", "/consent/decline", consent_flow.decline),
    ("POST", "/consent/again", consent_flow.again),
    ("GET", "/consent/record", consent_flow.record),
    ("POST", "/consent/recording", consent_flow.recording),
    ("GET", "/consent/checks", consent_flow.results),
    ("GET", "/you", dashboard.overview),
    ("POST", "/you/narrow", dashboard.narrow),
    ("POST", "/you/reconfirm", dashboard.reconfirm),
    ("GET", "/you/withdraw", dashboard.ask_withdrawal),
    ("POST", "/you/withdraw", dashboard.withdraw),
    ("GET", "/you/receipt", dashboard.own_receipts),
    ("GET", "/you/receipts/{digest}.json", dashboard.own_receipt),
    ("POST", "/you/key", dashboard.key),
    ("POST", "/leave", consent_flow.leave),
    ("GET", "/return", key_login.login_page),
    ("POST", "/return/question", key_login.issue_challenge),
    ("POST", "/return", key_login.login),
    ("GET", "/status", status_pages.status_form),
    ("GET", "/status/{file}.json", status_pages.status_json),
    ("GET", "/status/{file}", status_pages.status_page),
)


def build_app(site: PortalState) -> Application:
    """Return the application that serves the pages of *site*."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)  # pages are for people: there is nothing to explore
    app.state.site = site
    for method, path, answer in _ROUTES:
        app.add_api_route(path, answer, methods=[method], response_model=None)
    app.mount("/static", StaticFiles(directory=PORTAL_FOLDER / "static"))
    for wrong in (AvatarError, Exception):
        app.add_exception_handler(wrong, _explained)
    for nowhere in (404, 405, RequestValidationError):
        app.add_exception_handler(nowhere, _missing)
    return SecurityMiddleware(app, site.address, lambda request, error: _explained_to(app, request, error))


async def _explained(request: Request, error: Exception) -> Response:
    return render_refusal(request, error)


async def _missing(request: Request, _: Exception) -> Response:
    return render_refusal(request, InputError("there is no such page; check the address", code="page.missing"))


def _explained_to(app: FastAPI, request: Request, error: Exception) -> Response:
    request.scope["app"] = app  # what stopped it did so before the application saw it
    return render_refusal(request, error)
