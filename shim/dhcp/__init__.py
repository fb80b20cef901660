"""The DHCP server of PROV, which answers no device that it was not told of.

`carry` does work that changes the register, and tells the server in the same transaction; `settle`
brings the server to what the register has, where something broke off.
"""

from kenshin.dhcp.link import Busy, carry, open_changes, settle, together
from kenshin.dhcp.server import DhcpError, NotConfigured, NotReached, Refused, open_server

__all__ = [
    "Busy",
    "DhcpError",
    "NotConfigured",
    "NotReached",
    "Refused",
    "carry",
    "open_changes",
    "open_server",
    "settle",
    "together",
]
