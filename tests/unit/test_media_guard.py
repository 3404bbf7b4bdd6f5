import datetime
import http.server
import ipaddress
import socket
import ssl
import threading
from contextlib import contextmanager

import httpcore2
import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from motioncast.errors import InputError
from motioncast.media.guard import (
    ForbiddenHost,
    GuardedBackend,
    HostPolicy,
    HostUnreachable,
    check_url_host,
    guarded_client,
    is_public,
    system_addresses,
)
from motioncast.media.wire import TimedBackend

HOSTILE = [
    "127.0.0.1",
    "127.0.0.1.",
    "user@127.0.0.1",
    "example.com:80@127.0.0.1",
    "example.com%2f@127.0.0.1",
    "127.1",
    "127.0.1",
    "0",
    "0.0.0.0",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "017700000001",
    "127\u30020\u30020\u30021",  # ideographic full stops
    "localhost",
    "LOCALHOST",
    "localhost.",
    "metadata.localhost",
    "ip6-localhost",
    "[::1]",
    "[::]",
    "[::1%25lo]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[0:0:0:0:0:ffff:7f00:1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::80ff:fffe]",  # Teredo: server 127.0.0.1
    "[fe80::1]",
    "[fec0::1]",
    "[fd00::2]",
    "[ff02::1]",
    "[2001:db8::1]",
    "10.0.0.1",
    "100.64.0.1",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.192",
    "192.0.2.2",
    "192.168.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
]
PUBLIC = ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.seen.append((self.path, self.headers["Host"]))
        command, _, rest = self.path[1:].partition("?")
        if command == "to":
            self._answer(302, Location=rest)
        elif command == "flood":
            self.send_response(302)
            self.send_header("Location", rest)
            self.end_headers()
            self._flood()
        else:
            self._answer(200)

    def _answer(self, status, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _flood(self):
        try:
            while True:
                self.wfile.write(bytes(1 << 16))
        except OSError:
            self.close_connection = True

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    def __init__(self):
        self.seen, self.arrivals = [], 0
        super().__init__(("127.0.0.1", 0), Handler)

    def get_request(self):
        self.arrivals += 1
        return super().get_request()


@contextmanager
def serving(server):
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def server():
    with serving(Server()) as running:
        yield running


def client(policy, resolve=None, **options):
    options = {"timeout": httpx2.Timeout(5), "max_redirects": 3} | options
    return guarded_client(policy, resolve=resolve, **options)


def answering(*answers):
    """A resolver that gives these answers, one after another."""
    left = iter(answers)
    return lambda host: next(left)


@pytest.mark.parametrize("host", HOSTILE)
def test_no_spelling_of_a_private_address_reaches_the_server(server, host):
    with client(HostPolicy()) as guarded, pytest.raises(ForbiddenHost, match="private"):
        guarded.get(f"http://{host}:{server.server_port}/")
    with client(HostPolicy.open()) as free:
        free.get(f"http://127.0.0.1:{server.server_port}/")
    assert server.arrivals == 1  # the second one's: connections are accepted in their order


@pytest.mark.parametrize("host", HOSTILE)
def test_private_spellings_are_refused_before_any_request(host):
    with pytest.raises(ForbiddenHost, match="MOTIONCAST_ALLOW_HOSTS"):
        check_url_host(f"https://{host}/x.png", HostPolicy())
    check_url_host(f"https://{host}/x.png", HostPolicy.open())


@pytest.mark.parametrize("host", ["example.com", "localhost.example.com", "93.184.215.14", "[2606:4700::1111]"])
def test_public_hosts_and_names_pass_the_early_check(host):
    check_url_host(f"http://{host}/x.png", HostPolicy())


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x.png",
        "ftp://example.com/x",
        "http://",
        "http://[broken",
        "http://999.1.1.1/",
        "http://1.2.3.4.5/",
        "http://h/\udc80",
    ],
)
def test_what_is_no_url_is_an_input_error(url):
    with pytest.raises(InputError, match="not a valid"):
        check_url_host(url, HostPolicy())
    with pytest.raises(InputError, match="not a valid"):
        HostPolicy().allows_url(url)


def test_public_addresses_are_told_from_the_rest():
    assert all(is_public(ipaddress.ip_address(text)) for text in PUBLIC)
    private = [host.strip("[]") for host in HOSTILE if host.startswith("[") and "%" not in host]
    assert not any(is_public(ipaddress.ip_address(text)) for text in private)


@pytest.mark.parametrize("bad", ["127.0.0.1", "10.1.2.3", "::1", "fe80::1", "::ffff:127.0.0.1", "169.254.169.254"])
def test_one_private_answer_condemns_a_name(server, bad):
    with client(HostPolicy(), answering([*PUBLIC, bad])) as guarded, pytest.raises(ForbiddenHost):
        guarded.get(f"http://cdn.test:{server.server_port}/")


@pytest.mark.parametrize(
    ("allowed", "host", "answer"),
    [
        (("media.test",), "media.test", "127.0.0.1"),
        (("media.test",), "MEDIA.test.", "127.0.0.1"),
        (("127.0.0.1",), "any.test", "127.0.0.1"),
        (("127.0.0.0/8",), "any.test", "127.0.0.1"),
        (("127.0.0.1",), "127.1", None),
        (("localhost",), "localhost", "127.0.0.1"),
    ],
)
def test_an_allowed_host_is_reached_at_the_judged_address_under_its_name(server, allowed, host, answer):
    with client(HostPolicy(allowed), answering([answer])) as guarded:
        assert guarded.get(f"http://{host}:{server.server_port}/x").status_code == 200
    assert server.seen == [("/x", f"{host.lower()}:{server.server_port}")]


@pytest.mark.parametrize("allowed", ["other.test", "test", "127.0.0.2", "10.0.0.0/8", "::/0"])
def test_an_allowance_covers_nothing_else(server, allowed):
    with client(HostPolicy((allowed,)), answering(["127.0.0.1"])) as guarded, pytest.raises(ForbiddenHost):
        guarded.get(f"http://media.test:{server.server_port}/")


def test_a_mapped_address_is_the_one_it_maps():
    policy, mapped = HostPolicy(("127.0.0.0/8",)), ipaddress.ip_address("::ffff:127.0.0.1")
    assert policy.permits("any.test", mapped)
    assert not policy.permits("any.test", ipaddress.ip_address("64:ff9b::7f00:1"))


def test_the_next_address_is_tried_where_one_is_silent(server):
    with client(HostPolicy.open(), answering(["::1", "127.0.0.1"])) as guarded:
        assert guarded.get(f"http://media.test:{server.server_port}/").status_code == 200


def test_a_redirect_to_a_private_address_is_refused(server):
    target = f"http://127.0.0.1:{server.server_port}/secret"
    resolve = answering(["127.0.0.1"])
    with client(HostPolicy(("media.test",)), resolve) as guarded, pytest.raises(ForbiddenHost):
        guarded.get(f"http://media.test:{server.server_port}/to?{target}")
    assert [path for path, _ in server.seen] == [f"/to?{target}"]


def test_a_name_that_changes_its_answer_is_refused(server):
    answers = answering(["127.0.0.1"], ["127.0.0.9"])
    with client(HostPolicy(("127.0.0.1",)), answers) as guarded:
        url = f"http://rebind.test:{server.server_port}/"
        assert guarded.get(url, headers={"Connection": "close"}).status_code == 200
        with pytest.raises(ForbiddenHost):
            guarded.get(url)
    assert len(server.seen) == 1


def test_redirects_are_followed_so_often_or_not_at_all(server):
    base = f"http://127.0.0.1:{server.server_port}"
    with client(HostPolicy.open()) as guarded:
        assert guarded.get(f"{base}/to?/end").url.path == "/end"
        with pytest.raises(httpx2.TooManyRedirects):
            guarded.get(f"{base}/to?/to?/to?/to?/end")
    with client(HostPolicy.open(), follow_redirects=False) as guarded:
        assert guarded.get(f"{base}/to?/end").status_code == 302


def test_what_comes_with_a_redirect_is_not_read(server):
    with client(HostPolicy.open()) as guarded:
        assert guarded.get(f"http://127.0.0.1:{server.server_port}/flood?/end").status_code == 200


def test_the_environment_is_not_trusted(server, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with client(HostPolicy.open()) as guarded:
        assert guarded.get(f"http://127.0.0.1:{server.server_port}/").status_code == 200


def test_unix_sockets_are_refused(tmp_path):
    backend = GuardedBackend(HostPolicy.open(), httpcore2.SyncBackend(), system_addresses)
    with pytest.raises(ForbiddenHost):
        backend.connect_unix_socket(str(tmp_path / "socket"))


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "name is unknown"),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), "at the moment"),
    ],
)
def test_a_look_up_that_fails_is_said_in_our_words(monkeypatch, error, says):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with client(HostPolicy()) as guarded, pytest.raises(HostUnreachable, match=says):
        guarded.get("http://nowhere.test/")


@pytest.mark.parametrize(
    ("port", "answer", "says"),
    [
        (-1, ["127.0.0.1"], "port"),
        (70000, ["127.0.0.1"], "port"),
        (80, [], "unknown"),
        (None, ["127.0.0.1"], "refused"),
    ],
)
def test_a_host_that_cannot_be_reached_is_said_in_our_words(port, answer, says):
    if port is None:
        with socket.create_server(("127.0.0.1", 0)) as closing:
            port = closing.getsockname()[1]
    with client(HostPolicy.open(), answering(answer)) as guarded, pytest.raises(HostUnreachable, match=says):
        guarded.get(f"http://media.test:{port}/")


@pytest.mark.parametrize("host", ["a..b", f"{'a' * 64}.test", "%31%32%37.0.0.1", "1.2.3.4.5", "a,b"])
def test_an_odd_name_is_not_looked_up(host):
    with client(HostPolicy.open(), answering()) as guarded, pytest.raises(HostUnreachable, match="not a valid"):
        guarded.get(f"http://{host}/")


def test_tls_asks_for_the_name_and_not_for_the_address(tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_self_signed(tmp_path / "pair.pem", "media.test"))
    asked = []
    context.sni_callback = lambda connection, name, _: asked.append(name)
    server = Server()
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.handle_error = lambda *_: None  # the client does not trust the certificate and hangs up
    with (
        serving(server),
        client(HostPolicy(("media.test",)), answering(["127.0.0.1"]), wire=TimedBackend(5)) as guarded,
        pytest.raises(HostUnreachable, match="certificate"),
    ):
        guarded.get(f"https://media.test:{server.server_port}/")
    assert asked == ["media.test"]


def _self_signed(path, host):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + pem)
    return path


def test_an_allow_list_is_read():
    read = HostPolicy.parse(" localhost, Media.LAN., 127.0.0.1,10.0.0.0/8,[fd00::2], fd00::/8 ,,my_box ")
    assert read.allowed == ("localhost", "media.lan", "127.0.0.1", "10.0.0.0/8", "fd00::2", "fd00::/8", "my_box")
    assert HostPolicy.parse("") == HostPolicy()


@pytest.mark.parametrize(
    "text",
    [
        "a b",
        "localhost:8000",
        "http://media.lan",
        "10.0.0.0/33",
        "127.1",
        "2130706433",
        "0x7f000001",
        "*",
        "a..b",
        "a/b",
    ],
)
def test_nonsense_in_an_allow_list_is_refused(text):
    with pytest.raises(InputError, match="no host name"):
        HostPolicy.parse(f"localhost,{text}")


def test_an_allow_list_tells_whether_it_covers_a_url():
    policy = HostPolicy.parse("hooks.lan,10.0.0.0/8,localhost")
    covered = ["http://hooks.lan/x", "https://HOOKS.lan.:8443/", "http://10.1.2.3/", "http://localhost:3000/"]
    assert all(map(policy.allows_url, covered))
    assert not any(map(policy.allows_url, ["http://example.com/", "http://8.8.8.8/", "http://127.0.0.1/"]))
