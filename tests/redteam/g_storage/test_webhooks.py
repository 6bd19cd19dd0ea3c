"""G: webhooks that would have this process call into its own network, or tell a stranger."""

import socket

import pytest

from avatar.publishing.webhooks.ssrf_guard import parse_endpoint, resolve_address
from tests.redteam.cases import attack


@attack("a webhook names a file, or another protocol", by="no private network", code="webhook.bad-url", entry=False)
@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://example.com/", "gopher://example.com/", "//example.com/", ""]
)
def test_another_protocol(scene, url):
    with scene.attacked():
        parse_endpoint(url)


@attack("a webhook goes out unencrypted", by="no private network", code="webhook.bad-url", entry=False)
def test_unencrypted(scene):
    with scene.attacked():
        parse_endpoint("http://example.com/hook")


@attack(
    "a webhook hides its host behind a user or a line break",
    by="no private network",
    code="webhook.bad-url",
    entry=False,
)
@pytest.mark.parametrize(
    "url",
    ["https://example.com@127.0.0.1/", "https://example.com/\r\nHost: x", "https://exa mple.com/", "https://a\\@b/"],
)
def test_a_hidden_host(scene, url):
    with scene.attacked():
        parse_endpoint(url)


@attack(
    "a webhook names an address of the private network",
    by="no private network",
    code="webhook.private-address",
    entry=False,
)
@pytest.mark.parametrize(
    "host",
    ["10.0.0.1", "192.168.1.1", "169.254.169.254", "[fd00::1]", "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]", "0.0.0.0"],
)
def test_a_private_address(scene, host):
    with scene.attacked():
        resolve_address(parse_endpoint(f"https://{host}/latest/meta-data"), set())


@attack(
    "a public name leads to a private address", by="no private network", code="webhook.private-address", entry=False
)
def test_a_name_that_leads_inside(scene, monkeypatch):
    def looked_up(host, port, **_):
        public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", port))
        inside = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", port))
        return [public, inside]

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)

    with scene.attacked():
        resolve_address(parse_endpoint("https://example.com/"), set())
