"""Where messages may go."""

import socket

import pytest

from avatar.errors import InputError
from avatar.publishing.webhooks.ssrf_guard import parse_endpoint, resolve_address

INSIDE = [
    "10.0.0.1",
    "127.0.0.1",
    "169.254.169.254",  # the metadata service of clouds
    "172.16.3.4",
    "192.168.1.1",
    "100.64.0.1",  # a carrier's own network
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1%eth0",
    "fd00:ec2::254",  # the metadata service again
    "ff02::1",
    "::ffff:169.254.169.254",
    "::ffff:127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
]


@pytest.fixture
def resolver(monkeypatch):
    """A name server that answers what the test says."""
    answers: dict[str, list[str]] = {}

    def look_up(host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answers[host]]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return answers


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_into_a_private_network_is_refused(resolver, address):
    resolver["hooks.example"] = [address]

    with pytest.raises(InputError) as refusal:
        resolve_address(parse_endpoint("https://hooks.example/x"), frozenset())

    assert refusal.value.code == "webhook.private-address"


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "[fd00::1]"])
def test_such_an_address_written_out_is_refused_too(address):
    with pytest.raises(InputError) as refusal:
        resolve_address(parse_endpoint(f"https://{address}/x"), frozenset())

    assert refusal.value.code == "webhook.private-address"


@pytest.mark.parametrize("written", ["2130706433", "0x7f000001", "127.1", "0177.0.0.1", "localhost"])
def test_odd_spellings_of_this_machine_are_no_way_in(written):
    """What C libraries take for 127.0.0.1 is neither loopback by spelling nor public by address."""
    with pytest.raises((InputError, OSError)) as refusal:
        resolve_address(parse_endpoint(f"https://{written}/x"), frozenset())

    assert getattr(refusal.value, "code", "webhook.private-address") == "webhook.private-address"
    with pytest.raises(InputError):
        parse_endpoint(f"http://{written}/x")


def test_one_private_address_among_public_ones_is_enough_to_refuse(resolver):
    resolver["hooks.example"] = ["93.184.215.14", "10.0.0.1"]

    with pytest.raises(InputError):
        resolve_address(parse_endpoint("https://hooks.example/x"), frozenset())


def test_a_public_name_leads_to_the_address_that_was_checked(resolver):
    resolver["hooks.example"] = ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]

    assert resolve_address(parse_endpoint("https://hooks.example/x"), frozenset()) == "93.184.215.14"


def test_a_private_host_that_the_operator_named_is_reached(resolver):
    resolver["hooks.internal"] = ["10.0.0.1"]

    assert resolve_address(parse_endpoint("https://Hooks.Internal/x"), frozenset({"hooks.internal"})) == "10.0.0.1"


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/",
        "http://169.254.169.254/latest/meta-data",
        "http://localhost:8000/",
        "ftp://hooks.example/",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://ada:secret@hooks.example/",
        "https://hooks.example/#part",
        "https://hooks.example:99999/",
        "https://hooks.example/a b",
        "https://hooks.example/\r\nx: y",
        "https://[::1",
        "hooks.example",
        "https://" + "a" * 3000,
    ],
)
def test_a_url_that_is_not_plainly_https_is_refused_and_not_repeated(url):
    with pytest.raises(InputError) as refusal:
        parse_endpoint(url)

    assert refusal.value.code == "webhook.bad-url"
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/hook?to=x", "http://[::1]:8000/hook?to=x"])
def test_http_is_for_addresses_of_this_very_machine(url):
    place = parse_endpoint(url)

    assert place.loopback
    assert (place.port, place.target) == (8000, "/hook?to=x")
    assert resolve_address(place, frozenset()) in ("127.0.0.1", "::1")
