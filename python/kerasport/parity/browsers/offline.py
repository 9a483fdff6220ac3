"""No network for a browser: what is not on this machine goes to a proxy that is not there.

A page of somebody's bundle could send pictures away, and browsers call their makers at every start.
The pages that are asked need nothing but this machine.
"""

from __future__ import annotations

import json

__all__ = ["CHROMIUM_OFFLINE", "FIREFOX_OFFLINE", "PLAYWRIGHT_PROXY", "WEBKIT_OFFLINE"]

_HERE = "127.0.0.1"
_NOWHERE_PORT = 9
"""The port of the discard protocol, which no system offers any more."""

_NOWHERE = f"{_HERE}:{_NOWHERE_PORT}"

CHROMIUM_OFFLINE = (
    f"--proxy-server=http://{_NOWHERE}",
    f"--proxy-bypass-list={_HERE}",
    # Names are not even asked for; what does not go through proxies is not sent.
    f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {_HERE}",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--dns-prefetch-disable",
    "--no-pings",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-client-side-phishing-detection",
    "--disable-sync",
)
"""Options of Chromium."""

_FIREFOX_PREFERENCES: dict[str, str | int | bool] = {
    "network.proxy.type": 1,
    "network.proxy.http": _HERE,
    "network.proxy.http_port": _NOWHERE_PORT,
    "network.proxy.ssl": _HERE,
    "network.proxy.ssl_port": _NOWHERE_PORT,
    "network.proxy.socks": _HERE,
    "network.proxy.socks_port": _NOWHERE_PORT,
    "network.proxy.socks_remote_dns": True,
    "network.proxy.failover_direct": False,
    "network.proxy.no_proxies_on": _HERE,
    "network.dns.disablePrefetch": True,
    "network.http.http3.enable": False,
    "network.http.speculative-parallel-limit": 0,
    "network.prefetch-next": False,
    "network.trr.mode": 5,
    "media.peerconnection.enabled": False,
    "media.gmp-manager.url": "",
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.search.update": False,
    "extensions.blocklist.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.update.enabled": False,
    "dom.push.connection.enabled": False,
}

FIREFOX_OFFLINE = "".join(
    f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
    for name, value in _FIREFOX_PREFERENCES.items()
)
"""Lines of Firefox' `user.js`."""

WEBKIT_OFFLINE = (f"--proxy=http://{_NOWHERE}", f"--ignore-host={_HERE}")
"""Options of WebKitGTK's MiniBrowser."""

PLAYWRIGHT_PROXY = {"server": f"http://{_NOWHERE}", "bypass": _HERE}
"""The same for the browsers that Playwright starts; its own programs take no preferences."""
