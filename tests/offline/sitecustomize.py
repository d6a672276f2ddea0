"""Forbids this process, and those it starts, to reach any machine but this one; Python imports it where it starts."""

import sys
from ipaddress import ip_address

ATTEMPTS = []  # what was tried, for a test whose code swallows the error


def is_here(host):
    """Whether a host, as sockets are given one, is this machine."""
    host = host.decode() if isinstance(host, bytes) else host
    if host in (None, "", "localhost"):
        return True
    try:
        ip = ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return ip.is_loopback or ip.is_unspecified or bool(getattr(ip, "ipv4_mapped", None) and ip.ipv4_mapped.is_loopback)


def forbid(event, arguments):
    """Refuse what would reach another machine; where it is no name or IP address, it is a file of this one."""
    if not event.startswith("socket."):
        return
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        where = address[0] if isinstance(address, tuple) and isinstance(address[0], str | bytes) else None
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        where = arguments[0]
    else:
        return
    if not is_here(where):
        ATTEMPTS.append(where)
        raise RuntimeError(f"{event}: tests reach no other machine, and this was for {where!r}")


sys.addaudithook(forbid)
