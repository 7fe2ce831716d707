"""Segment's Python SDK: only its host and its write key are set."""

import sys

from segment import analytics

analytics.host, analytics.write_key = sys.argv[1:]
lost = []
analytics.on_error = lambda error, items: lost.append(error)


def engage(call, user, is_member, **more):
    audience = {"computation_class": "audience", "computation_id": "aud-beta", "computation_key": "beta_users"}
    flags = {"traits" if call is analytics.identify else "properties": {"beta_users": is_member}}
    call(user, context={"personas": audience}, **flags, **more)


engage(analytics.identify, "u-1", True)
engage(analytics.identify, "u-2", True)
engage(analytics.track, "u-3", True, event="Audience Entered")
analytics.flush()
engage(analytics.identify, "u-1", False)
analytics.track("u-2", "Order Completed", {"revenue": 12.5, "plan": "beta"})
analytics.track("u-3", "Order Completed", {"value": 7})
analytics.flush()
analytics.shutdown()
sys.exit(f"The SDK gave up: {lost}" if lost else 0)
