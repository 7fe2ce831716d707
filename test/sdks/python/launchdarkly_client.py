"""LaunchDarkly's Python server SDK: only the host of its events and its SDK key are set. It prints the error that it logs."""

import logging
import sys
import threading

import ldclient
from ldclient import Context
from ldclient.config import Config


class Logged(logging.Handler):
    """Prints each record, and remembers that there was one."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.seen = threading.Event()

    def emit(self, record):
        print(record.getMessage())
        self.seen.set()


logged = Logged()
logging.getLogger("ldclient").addHandler(logged)
host, sdk_key = sys.argv[1:]
# As behind LaunchDarkly's Relay Proxy: flags come from a store, and only events go out. The diagnostics are no events.
ldclient.set_config(Config(sdk_key, events_uri=host, use_ldd=True, diagnostic_opt_out=True))
client = ldclient.get()
client.track("Order Completed", Context.create("u-2"), {"plan": "beta"}, 12.5)
client.flush()
logged.seen.wait(30)
client.track("Order Completed", Context.create("u-3"), {}, 7)
client.flush()
client.close()
