"""Addresses that may not be reached, in every spelling that we know of."""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from mezzotint.core.errors import BadPicture, Unreachable
from mezzotint.net.fetch import GuardedFetcher
from mezzotint.net.guard import REFUSED, REFUSED_V6, Guard, judge
from tests.net.names import Names, no_connections


def network(text: str) -> Any:
    return ipaddress.ip_network(text)


# addresses that may not be reached

PRIVATE = {
    "loopback": "127.0.0.1",
    "loopback, its last": "127.255.255.254",
    "private ten": "10.0.0.1",
    "private 172": "172.16.5.4",
    "private 172, its last": "172.31.255.255",
    "private 192": "192.168.1.1",
    "link-local": "169.254.1.1",
    "metadata": "169.254.169.254",
    "metadata of another cloud": "100.100.100.200",
    "carrier-grade": "100.64.0.1",
    "unspecified": "0.0.0.0",
    "this network": "0.1.2.3",
    "multicast": "224.0.0.251",
    "multicast, its last": "239.255.255.250",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "documentation": "192.0.2.10",
    "documentation 2": "198.51.100.7",
    "documentation 3": "203.0.113.99",
    "benchmark": "198.18.0.1",
    "protocol assignments": "192.0.0.170",
    "6to4 relay": "192.88.99.1",
}
FULL_WIDTH = str.maketrans("0123456789.", "０１２３４５６７８９．")
CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
IDEOGRAPHIC = str.maketrans(".", "。")
MATHEMATICAL = str.maketrans("0123456789", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗")


def spellings(text: str) -> Iterator[tuple[str, str]]:
    """Ways to write an IPv4 address that some resolver takes for it: how, and the host of a URL."""
    a, b, c, d = (int(part) for part in text.split("."))
    value = int(ipaddress.IPv4Address(text))
    yield "plain", text
    yield "one number", str(value)
    yield "one hex number", hex(value)
    yield "one hex number in capitals", f"0X{value:X}"
    yield "one octal number", f"0{value:o}"
    yield "hex parts", f"{a:#x}.{b:#x}.{c:#x}.{d:#x}"
    yield "octal parts", f"0{a:o}.0{b:o}.0{c:o}.0{d:o}"
    yield "octal parts with zeros", f"000{a:o}.000{b:o}.000{c:o}.000{d:o}"
    yield "mixed parts", f"{a:#x}.{b}.0{c:o}.{d:#X}"
    yield "two parts", f"{a}.{value & 0xFFFFFF}"
    yield "three parts", f"{a}.{b}.{value & 0xFFFF}"
    yield "two parts, hex", f"{a:#x}.{value & 0xFFFFFF:#x}"
    yield "full width", text.translate(FULL_WIDTH)
    yield "circled", text.translate(CIRCLED)
    yield "ideographic stops", text.translate(IDEOGRAPHIC)
    yield "mathematical digits", text.translate(MATHEMATICAL)
    yield "mapped", f"[::ffff:{text}]"
    yield "mapped, in capitals", f"[::FFFF:{value >> 16:X}:{value & 0xFFFF:X}]"
    yield "mapped, in full", f"[0000:0000:0000:0000:0000:ffff:{value >> 16:04x}:{value & 0xFFFF:04x}]"
    yield "compatible", f"[::{text}]"
    yield "translated", f"[::ffff:0:{text}]"
    yield "NAT64", f"[64:ff9b::{text}]"
    yield "local NAT64", f"[64:ff9b:1::{text}]"
    yield "6to4", f"[2002:{value >> 16:x}:{value & 0xFFFF:x}::1]"
    yield "Teredo", f"[2001:0:{value >> 16:x}:{value & 0xFFFF:x}:8000:63bf:3fff:fdd2]"


IPV6 = {
    "loopback": "[::1]",
    "loopback in full": "[0:0:0:0:0:0:0:1]",
    "loopback with zeros": "[0000::0001]",
    "unspecified": "[::]",
    "unspecified in full": "[0:0:0:0:0:0:0:0]",
    "link-local": "[fe80::1]",
    "link-local in capitals": "[FE80::1]",
    "link-local with a zone": "[fe80::1%lo]",
    "link-local with an escaped zone": "[fe80::1%25lo]",
    "link-local with a numbered zone": "[fe80::1%1]",
    "link-local, its last": "[febf:ffff::1]",
    "a global address with a zone": "[2606:4700::1111%lo]",
    "site-local": "[fec0::1]",
    "unique local": "[fc00::1]",
    "unique local, the used half": "[fd12:3456:789a::1]",
    "metadata of a cloud": "[fd00:ec2::254]",
    "multicast": "[ff02::1]",
    "multicast everywhere": "[ff0e::1]",
    "documentation": "[2001:db8::1]",
    "documentation, the new one": "[3fff::1]",
    "benchmark": "[2001:2::1]",
    "ORCHID": "[2001:20::1]",
    "discard": "[100::1]",
    "segment routing": "[5f00::1]",
    "NAT64 of a public address": "[64:ff9b::808:808]",
    "AS112": "[2620:4f:8000::1]",
    "nothing assigned": "[4000::1]",
    "mapped unspecified": "[::ffff:0:0]",
    "all ones": "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]",
}
HOSTS = {f"{name}, {how}": host for name, text in PRIVATE.items() for how, host in spellings(text)}
HOSTS |= {f"IPv6 {name}": host for name, host in IPV6.items()}
HOSTS |= {f"the first of {one}": str(one[0]) for one in REFUSED} | {f"the last of {one}": str(one[-1]) for one in REFUSED}
HOSTS |= {f"the first of {one}": f"[{one[0]}]" for one in REFUSED_V6} | {f"the last of {one}": f"[{one[-1]}]" for one in REFUSED_V6}

# hosts that are names, or nothing: what they are shows when they are resolved
NAMES = {
    "localhost": "localhost",
    "localhost, mixed case": "LocalHost",
    "localhost with a stop": "localhost.",
    "below localhost": "a.localhost",
    "localhost, circled": "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "localhost, full width": "ｌｏｃａｌｈｏｓｔ",
    "a name of a private address": "inside.example",
    "a name of a private and a public address": "both.example",
    "a name of a mapped private address": "mapped.example",
    "a name of the loopback of IPv6": "six.example",
    "an address with a stop": "127.0.0.1.",
    "an address with two stops": "127.0.0.1..",
    "five parts": "127.0.0.0.1",
    "a part that is too large": "127.0.0.257",
    "a number that is too large": "4294967297",
    "a negative part": "127.0.0.-1",
    "an escaped address": "%31%32%37.0.0.1",
    "escaped stops": "127%2e0%2e0%2e1",
    "a dash for a stop": "127-0-0-1.example",
    "a very long label": "a" * 64 + ".example",
    "a very long name": ".".join(["a" * 60] * 6),
    "a name that nobody has": "nobody.example",
    "IPvFuture": "[v1.fe80::a]",
    "Arabic digits": "١٢٧.0.0.1",
    "superscript digits": "¹²⁷.⁰.⁰.¹",
    "a zero-width space": "127.0.0.1\u200b",
    "a soft hyphen": "local\u00adhost",
}

PLAIN = "https://example.com"
URLS = {
    "a name before the host": "https://user@example.com/",
    "a name and a password": "https://user:secret@example.com/",
    "an empty name": "https://@example.com/",
    "an empty name and password": "https://:@example.com/",
    "a public host for a name": "https://example.com@127.0.0.1/",
    "a public host and port for a name": "https://example.com:443@127.0.0.1/",
    "two at signs": "https://example.com@example.com@127.0.0.1/",
    "an escaped slash before an at sign": "https://example.com%2f@127.0.0.1/",
    "a fragment before an at sign": "https://127.0.0.1#@example.com/",
    "a question before an at sign": "https://127.0.0.1?@example.com/",
    "a backslash before an at sign": "https://127.0.0.1\\@example.com/",
    "a backslash in the path": "https://example.com\\.internal/",
    "backslashes for slashes": "https:\\\\example.com\\",
    "a backslash at the end": "https://example.com/\\",
    "a tab in the scheme": "ht\ttps://example.com/",
    "a tab in the host": "https://exa\tmple.com/",
    "a newline in the host": "https://example.com\n.internal/",
    "a return and a newline": "https://example.com/\r\nHost: inside",
    "NUL in the host": "https://example.com\0.internal/",
    "NUL at the end of an address": "https://127.0.0.1\0.example.com/",
    "a space before": " https://example.com/",
    "a space after": "https://example.com/ ",
    "a space within": "https://example.com/a b",
    "an escape character": "https://example.com/\x1b[2J",
    "DEL": "https://example.com/\x7f",
    "a control character before": "\x01https://example.com/",
    "no scheme": "example.com/x.png",
    "no host": "https:///x.png",
    "a host of nothing but a port": "https://:443/",
    "one slash": "https:/example.com/",
    "no slash": "https:example.com",
    "slashes only": "//example.com/",
    "an unfinished bracket": "https://[::1/",
    "a bracket too many": "https://::1]/",
    "a full-width at sign": "https://user＠127.0.0.1/",
    "a full-width slash": "https://example.com／@127.0.0.1/",
    "a full-width question mark": "https://127.0.0.1？@example.com/",
    "a care-of sign": "https://example.com℀.internal/",
    "file": "file:///etc/passwd",
    "file of a host": "file://127.0.0.1/etc/passwd",
    "gopher": "gopher://127.0.0.1:70/_",
    "ftp": "ftp://example.com/x.png",
    "dict": "dict://127.0.0.1:11211/stat",
    "data": "data:text/plain,hello",
    "javascript": "javascript:alert(1)",
    "ws": "ws://example.com/",
    "unix": "http+unix://%2Fvar%2Frun%2Fdocker.sock/info",
    "nothing": "",
}
PORTS = (
    "0",
    "1",
    "22",
    "25",
    "53",
    "81",
    "444",
    "2375",
    "3306",
    "5432",
    "6379",
    "8000",
    "8080",
    "8443",
    "9200",
    "11211",
    "27017",
    "65535",
    "65536",
    "-1",
    "x",
    "８０８０",
)


def test_there_are_enough_spellings() -> None:
    assert len(set(HOSTS.values())) > 450
    assert len(HOSTS) + len(NAMES) + len(URLS) > 550


@pytest.mark.parametrize("case", HOSTS)
async def test_an_address_that_may_not_be_reached_is_refused_in_every_spelling(names: Names, case: str) -> None:
    url = f"https://{HOSTS[case]}/x.png"
    host = urlsplit(url).hostname
    assert host is not None

    wrong = Guard().wrong_with(url, https_only=False)

    assert wrong is not None
    assert "private or reserved" in wrong or "zone" in wrong
    with pytest.raises(Unreachable, match=r"private or reserved|cannot be resolved|has a zone"):
        await Guard().addresses(host, 443)
    assert names.asked == []  # what is an address is not looked up
    if case.endswith(", plain"):
        assert wrong is not None


@pytest.mark.parametrize("case", [case for case in HOSTS if "zone" not in case])
def test_an_address_is_seen_in_the_url_and_needs_no_connection(case: str) -> None:
    assert "private or reserved" in (Guard().wrong_with(f"http://{HOSTS[case]}/", https_only=False) or "")
    assert "private or reserved" in (Guard().wrong_with(f"https://{HOSTS[case]}:443/", https_only=True) or "")


ZONES = [IPV6[case].strip("[]") for case in IPV6 if "zone" in case]


@pytest.mark.parametrize("host", ZONES)
def test_a_zone_is_refused_by_the_servers_own_event_loop_too(host: str) -> None:
    """It finds addresses without their zones, so that a global one would seem to be fit."""
    uvloop = pytest.importorskip("uvloop")

    with pytest.raises(Unreachable, match="has a zone"):
        uvloop.run(Guard().addresses(host, 443))


@pytest.mark.parametrize("case", NAMES)
async def test_a_name_of_such_an_address_is_refused_when_it_is_resolved(names: Names, case: str) -> None:
    names.table |= {
        "inside.example": [["10.1.2.3"]],
        "both.example": [["93.184.216.34", "10.1.2.3"]],
        "mapped.example": [["::ffff:10.1.2.3"]],
        "six.example": [["::1"]],
    }

    with pytest.raises(Unreachable):
        await Guard().addresses(NAMES[case], 443)


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "printer.localhost"])
def test_localhost_is_refused_by_its_name(name: str) -> None:
    assert Guard().wrong_with(f"https://{name}/", https_only=True) == "localhost may not be reached (MEZZOTINT_REACH names private networks that may)"


@pytest.mark.parametrize("case", URLS)
def test_a_url_that_says_two_things_is_refused(case: str) -> None:
    wrong = Guard().wrong_with(URLS[case], https_only=False)

    assert wrong is not None
    assert wrong.startswith(("Input should be a", "The address 127.0.0.1 is private"))


@pytest.mark.parametrize("case", [case for case, url in URLS.items() if "127.0.0.1" in url and "#@" not in url and "?@" not in url])
def test_a_url_that_says_two_things_is_refused_within_reach_too(case: str) -> None:
    assert Guard([network("127.0.0.0/8")]).wrong_with(URLS[case], https_only=False) is not None


@pytest.mark.parametrize("port", PORTS)
def test_only_the_ports_of_the_web_may_be_reached(port: str) -> None:
    wrong = Guard().wrong_with(f"https://example.com:{port}/", https_only=False) or Guard().wrong_with(f"http://93.184.216.34:{port}/", https_only=False)

    assert wrong is not None
    assert "port" in wrong.lower()


@pytest.mark.parametrize("port", [1, 22, 6379, 8080, 65_535])
async def test_the_port_is_judged_again_when_connecting(port: int) -> None:
    with pytest.raises(Unreachable, match=rf"port {port} of 93\.184\.216\.34 may not be reached"):
        await Guard().addresses("93.184.216.34", port)


async def test_no_spelling_makes_a_connection(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = no_connections(monkeypatch)
    hosts = itertools.chain(HOSTS.values(), NAMES.values())
    urls = [f"{scheme}://{host}{port}/x" for host in hosts for scheme, port in (("http", ""), ("https", ":443"))]
    fetcher = GuardedFetcher(Guard())

    for url in [*urls, *(url for url in URLS.values() if "example.com" not in url), *(f"http://127.0.0.1:{port}/" for port in PORTS)]:
        with pytest.raises((Unreachable, BadPicture)):
            await fetcher.fetch(url)

    await fetcher.close()
    assert tried == []


async def test_the_watch_over_connections_sees_those_that_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = no_connections(monkeypatch)
    fetcher = GuardedFetcher(Guard())

    with pytest.raises(Unreachable):
        await fetcher.fetch("http://93.184.216.34/x.png")

    await fetcher.close()
    assert tried == [("93.184.216.34", 80)]


# addresses that may be reached

PUBLIC = (
    "1.1.1.1", "8.8.8.8", "93.184.216.34", "223.255.255.255", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
    "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0", "192.167.255.255", "192.169.0.0",
    "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0", "192.88.98.255", "192.88.100.0", "1.0.0.0",
)  # fmt: skip
PUBLIC_V6 = (
    "2606:4700:4700::1111", "2a00:1450:4001::200e", "2001:200::1", "2001:4860:4860::8888", "2001:db7:ffff::1", "2001:db9::1", "2003::1", "2000::1",
    "2620:4f:7fff::1", "2620:4f:8001::1", "3ffe:ffff::1", "3fff:1000::1", "2400::1", "::ffff:8.8.8.8",
)  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC + PUBLIC_V6)
async def test_a_public_address_may_be_reached(address: str) -> None:
    host = f"[{address}]" if ":" in address else address

    assert Guard().wrong_with(f"https://{host}/x.png?size=1", https_only=True) is None
    assert Guard().wrong_with(f"HTTP://{host}:80/", https_only=False) is None
    assert [ipaddress.ip_address(found) for found in await Guard().addresses(address, 443)] == [ipaddress.ip_address(address)]


async def test_a_name_is_not_looked_up_until_it_is_used(names: Names) -> None:
    names.table["pictures.example"] = [["93.184.216.34", "2606:4700::1111", "93.184.216.34"]]

    assert Guard().wrong_with("https://pictures.example/x.png", https_only=True) is None
    assert names.asked == []
    assert await Guard().addresses("pictures.example", 443) == ["93.184.216.34", "2606:4700::1111"]
    assert names.asked == ["pictures.example"]


@pytest.mark.parametrize("url", ["http://example.com/", "HTTP://example.com/", "http://93.184.216.34/", "http://example.com:443/"])
def test_plain_http_is_refused_where_https_is_asked_for(url: str) -> None:
    assert Guard().wrong_with(url, https_only=True) == "Input should be an https URL: plain http is only for networks named in MEZZOTINT_REACH"
    assert Guard().wrong_with(url, https_only=False) is None


def test_the_judgement_is_our_own_and_not_that_of_one_python_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(self: object) -> bool:
        raise AssertionError("the answer of the standard library differs between versions")

    for kind in (ipaddress.IPv4Address, ipaddress.IPv6Address):
        for name in ("is_global", "is_private", "is_reserved", "is_loopback", "is_link_local", "is_multicast", "is_unspecified", "sixtofour", "teredo"):
            if hasattr(kind, name):
                monkeypatch.setattr(kind, name, property(asked))

    assert all(judge(ipaddress.ip_address(address)) for address in PUBLIC + PUBLIC_V6)
    assert not any(judge(ipaddress.ip_address(address)) for address in PRIVATE.values())
    assert not any(judge(ipaddress.ip_address(host.strip("[]"))) for host in IPV6.values() if "%" not in host)


# reach

REACH = ("10.1.0.0/16", "127.0.0.0/8", "fd12::/16")


@pytest.mark.parametrize(
    "url", ["http://10.1.0.0/", "http://10.1.255.255:8080/x", "https://127.0.0.1:9000/", "http://[fd12::7]:6379/", "http://2130706433:1234/"]
)
def test_what_is_within_reach_may_be_reached_at_any_port_and_over_plain_http(url: str) -> None:
    guard = Guard([network(text) for text in REACH])

    assert guard.wrong_with(url, https_only=True) is None
    assert guard.wrong_with(url, https_only=False) is None
    assert Guard().wrong_with(url, https_only=False) is not None


@pytest.mark.parametrize(
    "host", ["10.0.255.255", "10.2.0.0", "192.168.0.1", "169.254.169.254", "[::1]", "[fd11:ffff::1]", "[fd13::]", "[::ffff:10.2.0.0]", "128.0.0.1:81"]
)
async def test_reach_opens_its_networks_and_nothing_beside_them(host: str) -> None:
    guard = Guard([network(text) for text in REACH])

    assert guard.wrong_with(f"https://{host}/", https_only=True) is not None
    parts = urlsplit(f"https://{host}/")
    with pytest.raises(Unreachable):
        await guard.addresses(parts.hostname or "", parts.port or 443)


async def test_an_address_within_reach_is_given_at_any_port() -> None:
    guard = Guard([network(text) for text in REACH])

    assert await guard.addresses("10.1.2.3", 6379) == ["10.1.2.3"]
    assert await guard.addresses("fd12::7", 8080) == ["fd12::7"]


async def test_a_mapped_address_is_judged_as_what_it_maps() -> None:
    assert judge(ipaddress.ip_address("::ffff:10.1.2.3"), [network("10.1.0.0/16")])
    assert not judge(ipaddress.ip_address("::ffff:10.2.0.0"), [network("10.1.0.0/16")])


async def test_a_name_with_one_address_beyond_reach_is_refused_as_a_whole(names: Names) -> None:
    names.table["half.example"] = [["10.1.2.3", "10.2.0.1"]]

    with pytest.raises(Unreachable, match=r"half\.example is at 10\.2\.0\.1"):
        await Guard([network("10.1.0.0/16")]).addresses("half.example", 443)


def test_localhost_may_be_reached_where_loopback_may() -> None:
    for text in ("127.0.0.0/8", "::1/128"):
        assert Guard([network(text)]).wrong_with("http://localhost:8080/", https_only=True) is None
    assert Guard([network("10.0.0.0/8")]).wrong_with("http://localhost/", https_only=False) is not None


async def test_a_host_without_an_address_is_unreachable(names: Names) -> None:
    names.table["empty.example"] = [[]]

    with pytest.raises(Unreachable, match=r"empty\.example has no address"):
        await Guard().addresses("empty.example", 443)
