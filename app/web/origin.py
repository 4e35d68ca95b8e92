"""Which address a request comes from, believing exactly the configured number of proxies."""

import ipaddress

from flask import Request

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def is_allowed(request: Request, networks: tuple[Network, ...], *, trusted_proxies: int) -> bool:
    """Whether the request comes from one of `networks`; without any, every address is allowed."""
    if not networks:
        return True
    address = read_address(request, trusted_proxies=trusted_proxies)
    return address is not None and any(address in network for network in networks)


def read_address(request: Request, *, trusted_proxies: int) -> Address | None:
    """The client as the outermost trusted proxy saw it; `None` where the header has too few hops or nonsense."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    hops = [*(hop.strip() for hop in forwarded.split(",") if hop.strip()), request.environ.get("REMOTE_ADDR", "")]
    try:
        address = ipaddress.ip_address(hops[-1 - trusted_proxies])
    except (IndexError, ValueError):
        return None
    return getattr(address, "ipv4_mapped", None) or address
