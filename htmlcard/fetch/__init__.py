"""The only code that dials out: http(s) to public addresses, with a cap on everything.

In reading order: `target` (what a URL names), `addresses` (where we may go), `connector`
(judges what is really dialled), `decoding` (bodies with a cap), `client` (a whole fetch).
"""

from htmlcard.fetch.addresses import DEFAULT_PORTS, AddressJudge
from htmlcard.fetch.client import Fetched, Fetcher, Hop, Limits

__all__ = ["DEFAULT_PORTS", "AddressJudge", "Fetched", "Fetcher", "Hop", "Limits"]
