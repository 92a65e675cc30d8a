"""Which addresses other systems may have: public ones over https, and what the operator listed.

An entry of ZHONGSHU_OUTWARD_ALLOW is a host (`erp.local`), a host with its port (`erp.local:8080`), an address or a
network (`10.1.0.0/16`). A listed host may resolve to any address but the link-local ones, where clouds keep their
metadata; those need an entry of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
PORTS = (443, 8443)


class Forbidden(Exception):
    """This address is not called; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the operator listed. hosts: (name, port), port 0 for any."""

    hosts: frozenset[tuple[str, int]] = field(default_factory=frozenset)
    networks: tuple[tuple[Network, int], ...] = ()

    @classmethod
    def read(cls, text: str) -> Allowed:
        """From the setting's text. Raises ValueError naming the entry that is wrong."""
        hosts, networks = set(), []
        for entry in text.replace("，", ",").split(","):
            if not entry.strip():
                continue
            name, port = _host_and_port(entry.strip())
            try:
                networks.append((ip_network(name, strict=False), port))
            except ValueError:
                if "/" in name or " " in name:
                    raise ValueError(entry.strip()) from None
                hosts.add((name.lower().rstrip("."), port))
        return cls(frozenset(hosts), tuple(networks))

    def names(self, host: str, port: int) -> bool:
        """Whether this host is listed by its name."""
        name = host.lower().rstrip(".")
        return (name, port) in self.hosts or (name, 0) in self.hosts

    def holds(self, address: Address, port: int) -> bool:
        """Whether this address is listed."""
        return any(
            wanted in (0, port) and network.version == address.version and address in network
            for network, wanted in self.networks
        )

    def with_url(self, url: str) -> Allowed:
        """The same and the host of an address that the operator set himself."""
        host, port = host_of(url)
        try:
            one = (ip_network(host), port)
        except ValueError:
            return Allowed(self.hosts | {(host, port)}, self.networks)
        return Allowed(self.hosts, (*self.networks, one))


def _host_and_port(entry: str) -> tuple[str, int]:
    """`erp.local:8080`, `10.0.0.0/8`, `[::1]:8080`, `::1`."""
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        return name, int(rest.removeprefix(":") or 0)
    if entry.count(":") == 1:
        name, _, port = entry.partition(":")
        if not port.isdecimal():
            raise ValueError(entry)
        return name, int(port)
    return entry, 0


def host_of(url: str) -> tuple[str, int]:
    """Host in lower case and port of an http or https address. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise ValueError(url)
    return parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def check_url(url: str, allowed: Allowed) -> None:
    """What can be said before the name is resolved. Raises Forbidden."""
    try:
        host, port = host_of(url)
    except ValueError:
        raise Forbidden("地址要写成 https://主机/路径，不能带用户名和密码") from None
    literal = _literal(host)
    listed = allowed.names(host, port) or (literal is not None and allowed.holds(literal, port))
    if literal is not None:
        check_address(literal, host, port, allowed)
    if listed:
        return
    if not url.startswith("https://"):
        raise Forbidden(f"公网地址要用 https；内部系统请把 {host} 写进 ZHONGSHU_OUTWARD_ALLOW")
    if port not in PORTS:
        raise Forbidden(
            f"公网地址只能用端口 443 或 8443；内部系统请把 {host}:{port} 写进 ZHONGSHU_OUTWARD_ALLOW"
        )


def check_address(address: Address, host: str, port: int, allowed: Allowed) -> None:
    """Whether a resolved address may be connected to. Raises Forbidden."""
    plain = getattr(address, "ipv4_mapped", None) or address
    if allowed.holds(address, port) or allowed.holds(plain, port):
        return
    if plain.is_link_local:
        raise Forbidden(f"{host} 指向 {plain}（云主机的元数据地址），不能调用")
    if allowed.names(host, port) or _public(plain):
        return
    raise Forbidden(
        f"{host} 指向内网地址 {plain}，不能调用；确实是内部系统的话，把 {host} 写进 ZHONGSHU_OUTWARD_ALLOW"
    )


def _public(address: Address) -> bool:
    """Reachable by anybody: no private, loopback, reserved, shared, multicast or translated address."""
    if isinstance(address, IPv6Address) and (address.sixtofour or address.teredo or _translated(address)):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


_NAT64 = IPv6Network("64:ff9b::/96")


def _translated(address: IPv6Address) -> bool:
    return address in _NAT64


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
