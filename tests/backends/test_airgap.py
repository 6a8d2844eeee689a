"""The air gap, each time in a process of its own: an audit hook cannot be taken back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def run(program: str) -> subprocess.CompletedProcess[str]:
    prelude = "import socket, os\nfrom backends import airgap\n"
    return subprocess.run(
        [sys.executable, "-c", prelude + program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.create_connection(('192.0.2.1', 80), timeout=1)",
        "socket.socket().connect(('192.0.2.1', 80))",
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        "socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('192.0.2.1', 53))",
        "socket.socket().bind(('0.0.0.0', 0))",
        "socket.socket().bind(('', 0))",
        "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 80))",
        "socket.getaddrinfo('huggingface.co', 443)",
        "socket.gethostbyname('example.org')",
        "import urllib.request; urllib.request.build_opener(urllib.request.ProxyHandler({})).open('http://example.org')",
    ],
)
def test_nothing_leaves_the_machine(attempt: str) -> None:
    result = run(f"airgap.seal()\n{attempt}")
    assert result.returncode != 0
    assert "the air gap refused" in result.stderr


def test_loopback_and_local_sockets_work() -> None:
    result = run(
        "airgap.seal(); airgap.seal()\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "client = socket.create_connection(('localhost', server.getsockname()[1]))\n"
        "a, b = socket.socketpair(); a.send(b'x'); assert b.recv(1) == b'x'\n"
        "print(airgap.state())"
    )
    assert result.stdout.strip() == "{'air_gap_sockets': True, 'air_gap_offline': True}", result.stderr


def test_the_state_says_when_the_gap_is_open() -> None:
    result = run(
        "before = airgap.state(); airgap.seal(); del os.environ['HF_HUB_OFFLINE']; print(before, airgap.state())"
    )
    assert result.stdout.split("} {")[0].count("False") >= 1
    assert "'air_gap_sockets': True, 'air_gap_offline': False" in result.stdout
